"""The bands and classes of S2TSCzCrop."""

from kerasseg import legend as legends

BANDS = ("B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B11", "B12")
FROM_SAFE = (2, 1, 0, 4, 5, 6, 3, 7, 8, 9)
"""Band `i` of a sample is band `FROM_SAFE[i]` of a file: B04 B03 B02 B08 B05 ..."""

UNKNOWN = 14
_UNKNOWN = {"name": "Not classified", "color": "#C0D8ED"}
_CLASSES = {
    "Background": "#000000",
    "Grassland": "#A0DB8E",
    "Fruit and vegetables": "#CC5500",
    "Summer cereals": "#E9DE89",
    "Winter cereals": "#F4ECB1",
    "Rapeseed": "#DEC928",
    "Maize": "#F0A274",
    "Forage crops": "#556B2F",
    "Sugar beet": "#94861B",
    "Flax and hemp": "#767EE1",
    "Permanent fruit": "#7D0015",
    "Hopyards": "#9299A9",
    "Vineyards": "#DEA7B0",
    "Other crops": "#FF0093",
}
LEGEND = legends.from_dict(
    {
        "classes": [
            *({"name": name, "color": color} for name, color in _CLASSES.items()),
            {**_UNKNOWN, "codes": []},
        ],
        "ignored": [{**_UNKNOWN, "code": UNKNOWN}],
    }
)
