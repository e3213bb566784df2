"""The parts of a recipe: its keys, their kinds, ranges and defaults."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    model_validator,
)

VERSION = 1
"""The version of recipes that this kerasseg writes, and the newest it reads."""

Fraction = Annotated[float, Field(ge=0, le=1)]


Pair = Annotated[tuple[str, str], Field(strict=False)]


class Part(BaseModel):
    """What all parts share: no key more than those named, no value of another kind."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        allow_inf_nan=False,
        use_attribute_docstrings=True,
    )


class Choice(Part, extra="allow"):
    """A function picked by name, and the options to call it with.

    `{name: fpn, dropout: 0.2}` stands for a call of `kerasseg.models.fpn.build` with
    `dropout=0.2`, and the bare text `fpn` for `{name: fpn}`. `read` holds the options
    against the signature of the function and fills in its defaults.
    """

    EXPECTED: ClassVar[str] = "a name or a mapping with a name"

    name: str
    """What to use: a name of kerasseg, or a dotted path of your own."""

    @model_validator(mode="before")
    @classmethod
    def _accept_bare_name(cls, value: Any) -> Any:
        return {"name": value} if isinstance(value, str) else value

    @property
    def options(self) -> dict[str, Any]:
        return dict(self.model_extra)


class Constant(Part):
    """A learning rate that stays as it is."""

    name: Literal["constant"] = "constant"


class Cosine(Part):
    """A learning rate that falls along half a cosine, after a linear rise."""

    name: Literal["cosine"]
    warmup_epochs: NonNegativeInt = 0
    """Epochs over which the rate rises from zero."""
    final_fraction: Fraction = 0.0
    """Where it ends, as a share of `learning_rate`."""


class Plateau(Part):
    """A learning rate that falls when the monitored score no longer gets better."""

    name: Literal["plateau"]
    factor: Annotated[float, Field(gt=0, lt=1)] = 0.1
    """What the rate is multiplied with."""
    patience: PositiveInt = 5
    """Epochs without a better score before it falls."""
    min_learning_rate: NonNegativeFloat = 0.0
    """The rate never falls below this."""


class Training(Part):
    """How the weights are fitted."""

    epochs: PositiveInt
    """Passes over the training split."""
    batch_size: PositiveInt
    """Samples per step."""
    learning_rate: PositiveFloat
    """The rate to begin with; the peak of a schedule with a warm-up."""
    optimizer: Literal["adam", "adamw", "sgd"] = "adam"
    """The rule that changes the weights."""
    momentum: Annotated[float, Field(ge=0, lt=1)] = 0.9
    """Of `sgd`."""
    epsilon: PositiveFloat = 1e-7
    """Of `adam` and `adamw`: what is added to the root of the second moment. PyTorch,
    and so most published runs, has 1e-8."""
    schedule: Annotated[Constant | Cosine | Plateau, Field(discriminator="name")] = (
        Constant()
    )
    """How the learning rate changes: a name, or a name with options."""
    weight_decay: NonNegativeFloat | None = None
    """Decay of the weights per step, decoupled from the gradient."""
    clip_norm: PositiveFloat | None = None
    """Longest gradient, as the norm over all weights."""
    accumulate: PositiveInt = 1
    """Steps whose gradients are averaged before the weights change."""
    ema: Annotated[float, Field(gt=0, lt=1)] | None = None
    """Momentum of an average over the weights, which then replaces them."""
    precision: Literal["float32", "mixed_bfloat16"] = "float32"
    """What the layers compute in; weights and losses stay float32."""
    normalization: Literal["standard", "encoder", "percentiles", "minmax", "none"] = (
        "standard"
    )
    """How the model's first layer scales pixels. `standard`: by mean and standard
    deviation of each band over the training split. `encoder`: to what the published
    weights of the encoder expect: 8-bit RGB as they were trained on it, anything else
    so that each band has the mean and spread of theirs. `percentiles`: from the 2nd and
    98th percentile of each band, which `prepare statistics` finds, to 0..1. `minmax`:
    from the range of the stored type to 0..1. `none`: as stored."""
    indices: Annotated[tuple[Pair, ...], Field(strict=False)] = ()
    """Pairs of bands whose normalised difference becomes one more input of the model,
    not normalised: `[[B08, B04]]` adds NDVI."""
    norm_momentum: Annotated[float, Field(ge=0, lt=1)] | None = None
    """Momentum of batch normalisation's running statistics; by default the model's
    own. Runs of a few hundred steps need less than 0.99, or validation and maps are
    made with statistics that never arrived."""
    oversample: Annotated[float, Field(gt=0, le=1)] | None = None
    """Share of the samples below which a class is rare. Samples of rare classes are
    drawn more often, by the root of how much rarer; an epoch stays as long as it is."""
    crop_sizes: Annotated[tuple[PositiveInt, ...], Field(strict=False)] = ()
    """Sides of squares, in pixels. Each batch draws one, and its samples are cut to it
    at random places before they are augmented; a program is compiled for each. By
    default samples stay whole."""
    steps_per_execution: PositiveInt = 1
    """Steps compiled into one call."""
    steps_per_epoch: PositiveInt | None = None
    """Steps after which an epoch ends early; by default it sees every sample."""
    monitor: str = "val_mean_iou"
    """The score that decides which weights are kept."""
    early_stopping: PositiveInt | None = None
    """Epochs without a better score before the run ends."""
    checkpoint_steps: PositiveInt | None = None
    """Steps between states that `--resume` can begin from; by default every epoch,
    and every few minutes within a long one."""

    @model_validator(mode="before")
    @classmethod
    def _accept_bare_schedule(cls, value: Any) -> Any:
        if isinstance(value, dict) and isinstance(value.get("schedule"), str):
            return {**value, "schedule": {"name": value["schedule"]}}
        return value


class Boundaries(Part):
    """What is made of the borders between classes, found in the labels on the fly."""

    as_class: bool = False
    """Whether pixels at a border become a class of their own, the last one."""
    connectivity: Literal[4, 8] = 4
    """Neighbours of a pixel: those that share a side, or a corner too."""
    loss_weight: NonNegativeFloat = 1.0
    """What the loss of a model's boundary head is multiplied with."""
    gamma: NonNegativeFloat = 2.0
    """How much that loss (focal cross entropy) turns to hard pixels."""


class Pipeline(Part):
    """How samples travel from disk to the model."""

    loader: Literal["grain", "tf.data"] = "grain"
    """The library that reads ahead; both give the same batches."""
    workers: PositiveInt = 2
    """Threads that read and augment."""
    prefetch: PositiveInt = 4
    """Batches kept ready."""
    length_step: PositiveInt = 8
    """Series of a batch are filled up to a multiple of this many dates; a program is
    compiled for each length. Where dates are dropped at random, a large step keeps
    their number small."""


class Tracking(Part):
    """Where the run is filed in MLflow."""

    experiment: str | None = None
    """The experiment; by default the name of the recipe's file."""
    run_name: str | None = None
    """The name of the run; by default MLflow makes one up."""
    tensorboard: bool = False
    """Whether the scores of each epoch are written for TensorBoard too, to
    `mlruns/tensorboard/`."""


class Recipe(Part):
    """All that decides a training run."""

    version: Literal[1] = VERSION
    """The version of the recipe's format."""
    name: str | None = None
    """A title for reports."""
    description: str | None = None
    """What the recipe is for."""
    seed: NonNegativeInt = 1
    """What every random choice follows from."""
    backend: Literal["jax", "tensorflow"] = "jax"
    """What Keras runs on; where a recipe is silent, a fit heeds `KERAS_BACKEND`."""
    data: Choice
    """The dataset, one of `kerasseg list datasets`, and its options."""
    model: Choice
    """The model, one of `kerasseg list models`, and its options."""
    augment: Annotated[tuple[Choice, ...], Field(strict=False)] = ()
    """Changes made to training samples, in this order."""
    loss: Choice = Choice(name="cross_entropy")
    """What the fit makes small. `class_weights` may say `inverse`: one over the number
    of training samples of each class; or `inverse_root`, `inverse_log`, `effective`."""
    boundaries: Boundaries = Boundaries()
    """What is made of the borders between classes."""
    training: Training
    """How the weights are fitted."""
    pipeline: Pipeline = Pipeline()
    """How samples travel from disk to the model."""
    tracking: Tracking = Tracking()
    """Where the run is filed in MLflow."""

    def resolved(self) -> dict[str, Any]:
        """Return the whole recipe, defaults included, as plain values."""
        return self.model_dump(mode="json")
