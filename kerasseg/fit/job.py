"""One run from its recipe to its tracked, evaluated model."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import keras

from kerasseg import tracking
from kerasseg.alone import alone
from kerasseg.fit import opening, snapshot
from kerasseg.fit.callbacks import KeepBest, Track, Validate, mode
from kerasseg.fit.checkpoint import Checkpoint, Interrupted, signals_to
from kerasseg.fit.conclusion import conclude
from kerasseg.fit.feed import Feed, SetEpoch
from kerasseg.fit.plan import Plan, make
from kerasseg.fit.progress import ShowProgress
from kerasseg.recipe import Recipe


def run(
    recipe: Recipe,
    *,
    resume: str | None = None,
    progress: bool = True,
    parent: str | None = None,
    tags: Mapping[str, str] | None = None,
) -> str:
    """Fit a recipe, keep its best model and evaluate it on the test split.

    The run is tracked from its first to its last moment. Stopped by Ctrl-C, SIGTERM
    or a crash, it goes on with `resume` and ends as if it had not been stopped.

    Args:
        recipe: What to do, from `kerasseg.recipe.read`.
        resume: A run to go on with: its id, name or `latest`. The recipe must be
            the one it began with, but for a larger number of epochs.
        progress: Whether to show a bar and the scores of each epoch, on stderr.
        parent: The run in MLflow that this one belongs to, if any.
        tags: More to say of a new run.

    Returns:
        The id of the run.

    Raises:
        Interrupted: If a signal asked to stop. A snapshot is there to resume from.
        LookupError: If there is no run to resume.
        ValueError: If the recipe does not fit the data or the run to resume, or if
            another process is at that run.
    """
    if resume is None:
        plan = make(recipe)
        opened = opening.start(recipe, parent)
    else:
        opened = tracking.reopen(resume)
        opening.check_recipe(recipe, opened)
        plan = make(recipe)
        opening.check_data(plan, opened)
    busy = f"run {opened.folder.name} is being fitted"
    with alone(opened.folder, busy), closed(opened):
        if resume is None:
            opening.describe(recipe, plan, opened, tags)
        else:
            opening.keep_recipe(recipe, opened)
            opened.go_on()
        _fit(recipe, plan, opened, progress)
        conclude(recipe, plan, opened)
    return opened.run_id


@contextmanager
def closed(opened: tracking.Run) -> Iterator[None]:
    """Close a run in the end, saying how it ended."""
    status = "FAILED"
    try:
        yield
        status = "FINISHED"
    except (Interrupted, KeyboardInterrupt):
        status = "KILLED"
        raise
    finally:
        opened.close(status)


def _fit(recipe: Recipe, plan: Plan, opened: tracking.Run, progress: bool) -> None:
    """Fit to the last epoch, from the snapshot if there is one."""
    path = opened.folder / "snapshot.npz"
    position = snapshot.Position()
    if path.is_file():
        position = snapshot.position(path)
    training = recipe.training
    validate = Feed(plan.validate, names=plan.model.input)
    best = KeepBest(plan.saved, opened.folder / "best.keras", training.monitor)
    remembered = [best, *_patience(recipe)]
    checkpoint = Checkpoint(
        path, position, remembered, plan.steps, training.checkpoint_steps
    )
    shown = ShowProgress(
        plan.steps, training.epochs, training.batch_size, position.step
    )
    callbacks = [
        Validate(validate),
        *remembered,
        Track(opened, position, plan.train, _board(recipe, opened)),
        *([shown] if progress else []),
        checkpoint,
    ]
    with signals_to(checkpoint):
        for first, last, start in _segments(position, training.epochs):
            feed = Feed(plan.train, start, plan.steps, plan.model.input)
            try:
                plan.model.fit(
                    feed.source(),
                    initial_epoch=first,
                    epochs=last,
                    shuffle=False,  # the pipeline did; Keras would mix the batches
                    verbose=0,
                    callbacks=[SetEpoch(feed), *callbacks],
                )
            finally:
                shown.close()
                feed.close()
                validate.close()
            opened.scores({"compiled_training_programs": len(feed.shapes)}, 0)
            if position.stopped:
                break


def _board(recipe: Recipe, opened: tracking.Run) -> tracking.Board | None:
    if not recipe.tracking.tensorboard:
        return None
    return tracking.Board(tracking.HOME / "tensorboard" / opened.run_id[:8])


def _segments(position: snapshot.Position, epochs: int):
    """Yield (first epoch, end, first step) of each call of `fit`.

    An epoch that was interrupted is finished by a call of its own.
    """
    epoch = position.epoch
    if position.stopped:
        return
    if position.step:
        yield epoch, epoch + 1, position.step
        epoch += 1
    if epoch < epochs:
        yield epoch, epochs, 0


def _patience(recipe: Recipe) -> Sequence[keras.callbacks.Callback]:
    """Return the callbacks that wait for the monitored score to get better."""
    training = recipe.training
    watched = {"monitor": training.monitor, "mode": mode(training.monitor)}
    callbacks = []
    if training.schedule.name == "plateau":
        callbacks.append(
            keras.callbacks.ReduceLROnPlateau(
                factor=training.schedule.factor,
                patience=training.schedule.patience,
                min_lr=training.schedule.min_learning_rate,
                **watched,
            )
        )
    if training.early_stopping is not None:
        callbacks.append(
            keras.callbacks.EarlyStopping(patience=training.early_stopping, **watched)
        )
    return callbacks
