"""Where the published weights of the encoders lie, and what they expect to see."""

from dataclasses import dataclass

_RELEASE = "https://github.com/qubvel/classification_models/releases/download/0.0.1/"
_HUB = "https://huggingface.co/timm/"

_RAW = ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
_IMAGENET = ((123.675, 116.28, 103.53), (58.395, 57.12, 57.375))


@dataclass(frozen=True)
class Published:
    """Weights trained on ImageNet.

    Args:
        url: Where they are.
        file: Their name in the cache.
        checksum: `md5:` or `sha256:` and the digest of the file; `None` if none is
            published: then its tensors must fit the encoder, one by one.
        mean: What the training took from 8-bit red, green and blue.
        std: What it divided them by.
    """

    url: str
    file: str
    checksum: str | None
    mean: tuple[float, ...]
    std: tuple[float, ...]


def _release(depth: int, md5: str) -> Published:
    file = f"resnet{depth}_imagenet_1000_no_top.h5"
    return Published(_RELEASE + file, f"preact_{file}", f"md5:{md5}", *_RAW)


def _hub(depth: int, revision: str, sha256: str) -> Published:
    url = f"{_HUB}resnet{depth}.tv_in1k/resolve/{revision}/model.safetensors"
    file = f"resnet{depth}.tv_in1k.safetensors"
    return Published(url, file, f"sha256:{sha256}", *_IMAGENET)


def _nvidia(size: str) -> Published:
    name = f"mit-{size}"
    url = f"https://huggingface.co/nvidia/{name}/resolve/main/pytorch_model.bin"
    return Published(url, f"{name}.nvidia.bin", None, *_IMAGENET)


IMAGENET = {
    "preact_resnet18": _release(18, "318e3ac0cd98d51e917526c9f62f0b50"),
    "preact_resnet34": _release(34, "8caaa0ad39d927cb8ba5385bf945d582"),
    "preact_resnet50": _release(50, "db3b217156506944570ac220086f09b6"),
    "resnet18": _hub(
        18,
        "bbd144b3e5565108aad885f145491d11bc6ce807",
        "694f673df6520a3158624e8a89af086f59923ee4cd7436fe5bc3bc71d295ad81",
    ),
    "resnet34": _hub(
        34,
        "1b7b21cca82ff974d341713f777bf740c2db38c4",
        "0bb82595a564991a9d424708b33f5d843f5aaed7f6c0886ff10849ff97022235",
    ),
    "resnet50": _hub(
        50,
        "78f3ecfdb38e06d9b8397f662e7ab8fee96026fa",
        "5d061a3c593d795bfe682d9b152bafbcf550579873492def3515b46db1189888",
    ),
    **{f"mit_{size}": _nvidia(size) for size in ("b0", "b1", "b2", "b3", "b4", "b5")},
}
"""By encoder. The ResNets are torchvision's `IMAGENET1K_V1`, kept by timm; the Mix
Transformers are NVIDIA's, whose licence is for research and evaluation only."""
