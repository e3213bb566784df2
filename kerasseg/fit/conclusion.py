"""What a run keeps in the end: its best model, scored and pictured."""

import tempfile
from pathlib import Path

from kerasseg import artifact, backend, evaluate, tracking
from kerasseg.fit import snapshot
from kerasseg.fit.plan import Plan
from kerasseg.recipe import Recipe
from kerasseg.report import pictures


def conclude(recipe: Recipe, plan: Plan, opened: tracking.Run) -> None:
    """Log the best model, its scores on validation and test, and their reports."""
    checkpoint = opened.folder / "snapshot.npz"
    history = snapshot.position(checkpoint).history
    best = artifact.load(opened.folder / "best.keras")
    opened.model(best, str(plan.datasets["train"][0]["image"].dtype))
    for split, prefix in (("val", "best_val"), ("test", "test")):
        evaluation = evaluate.run(
            best,
            plan.datasets[split],
            batch_size=recipe.training.batch_size,
            majority=int(plan.datasets["train"].class_counts().argmax()),
        )
        opened.scores(evaluation.flat(prefix), 0)
        _report(evaluation, split, recipe, opened, history)
    opened.scores(
        {
            "peak_memory_gb": backend.peak_memory_bytes() / 1e9,
            "fit_seconds": sum(epoch["epoch_seconds"] for epoch in history),
        },
        0,
    )
    # The model is in the store now; what was there to go on from has served.
    checkpoint.unlink()
    (opened.folder / "best.keras").unlink()


def _report(
    evaluation: evaluate.Evaluation,
    split: str,
    recipe: Recipe,
    opened: tracking.Run,
    history: list[dict[str, float]],
) -> None:
    """Log the report on a split, and its examples as pictures."""
    details = {
        "Run": f"{opened.name} ({opened.run_id[:8]})",
        "Recipe": recipe.tracking.experiment or recipe.name or "",
        "Dataset": recipe.data.name,
        "Split": split,
    }
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / split
        title = recipe.name or recipe.model.name
        evaluate.write(evaluation, place, title=title, details=details, history=history)
        for kind in ("best", "worst"):
            for rank, shown in enumerate(getattr(evaluation, kind), start=1):
                picture = pictures.panel(
                    shown.image, shown.label, shown.prediction, evaluation.legend
                )
                path = place / f"{kind}_{rank}.png"
                path.write_bytes(pictures.png(picture))
        opened.file(place, f"evaluation/{split}")
