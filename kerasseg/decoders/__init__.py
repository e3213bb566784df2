"""Decoders: maps at strides 2, 4, 8, 16 and 32 become logits at every pixel.

Each file has one function, `decode(maps, num_classes, …)`. Those called `sm_` have the
details and the layer names of segmentation_models (Keras), those called `smp_` the
ones of segmentation_models.pytorch, the others those of ProyectoSatelites. An encoder
that has no map at stride 2 gives `None` in its place.
"""
