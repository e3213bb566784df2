"""What published PyTorch code calls the layers that our models name shortly.

A layer of ours bears the path of its twin below `encoder.`: `layer1.0.conv1` of a
ResNet, `block.0.0.mlp.dense1` of a Mix Transformer. Whole models put such paths below
one or two more names.
"""

import re

_RULES = (  # of each key, the first that fits
    # ProyectoSatelites: ResNet and Mix Transformer side by side
    (r"encoder\.resnet_encoder\.initial\.0\.", "conv1."),
    (r"encoder\.resnet_encoder\.initial\.1\.", "bn1."),
    (r"encoder\.resnet_encoder\.", ""),
    (r"encoder\.fuse(\d)\.conv\.", r"fuse\1."),
    (r"decoder\.(decoder\d|final_conv)\.", r"\1."),
    # ProyectoSatelites: the children of torchvision's ResNet by number
    (r"encoder\.0\.", "conv1."),
    (r"encoder\.1\.", "bn1."),
    (r"encoder\.4\.", "layer1."),
    (r"encoder\.5\.", "layer2."),
    (r"encoder\.6\.", "layer3."),
    (r"encoder\.7\.", "layer4."),
    # Hugging Face's SegFormer, alone or in a model; then any other encoder
    (r"(encoder\.)?segformer\.encoder\.", ""),
    (r"encoder\.encoder\.", ""),
    (r"encoder\.", ""),
)


def short(key: str) -> str:
    """Return what our models call a tensor, by its name in a published file.

    `module.`, of a parallel run, is left out too. A name that no rule knows stays.
    """
    key = key.removeprefix("module.")
    for pattern, replacement in _RULES:
        shortened, times = re.subn(rf"\A{pattern}", replacement, key)
        if times:
            return shortened
    return key
