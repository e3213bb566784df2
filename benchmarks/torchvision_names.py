"""Makes torchvision importable without its compiled part, which the peers do not use.

Its wheels ask for CUDA, so the peers' environment has its Python code only (Makefile).
On import that looks two operations up, which must have a name.
"""

import torch

LIBRARY = torch.library.Library("torchvision", "FRAGMENT")

if not hasattr(torch.ops.torchvision, "nms"):
    for _name in ("nms", "qnms"):
        _arguments = "(Tensor dets, Tensor scores, float iou_threshold)"
        LIBRARY.define(f"{_name}{_arguments} -> Tensor")
