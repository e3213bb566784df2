"""Ways to stop a run at a moment of one's choice."""

import shutil
import signal

import pytest


@pytest.fixture
def stop_at(monkeypatch):
    """Return a function that has SIGTERM sent after one batch of one epoch.

    `batch` is counted from where the epoch begins or goes on; `None` is validation.
    """
    from kerasseg.fit import callbacks, job

    def install(at_epoch: int, at_batch: int | None):
        class Stopping(callbacks.Validate):
            def on_epoch_begin(self, epoch, logs=None):
                self.epoch = epoch

            def on_train_batch_end(self, batch, logs=None):
                if (self.epoch, batch) == (at_epoch, at_batch):
                    signal.raise_signal(signal.SIGTERM)

            def on_epoch_end(self, epoch, logs=None):
                if (epoch, None) == (at_epoch, at_batch):
                    signal.raise_signal(signal.SIGTERM)
                super().on_epoch_end(epoch, logs)

        monkeypatch.setattr(job, "Validate", Stopping)

    return install


@pytest.fixture
def unconcluded(monkeypatch):
    """Leave a run as it is after its last epoch: not evaluated, its files there."""
    from kerasseg.fit import job

    monkeypatch.setattr(job, "conclude", lambda *_: None)


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory):
    """Return a tracking store without runs: making one takes longer than a tiny fit."""
    from kerasseg import tracking

    folder = tmp_path_factory.mktemp("empty")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        tracking.client()
    return folder / "mlruns"


@pytest.fixture
def elsewhere(elsewhere, empty_store):
    """Work in an empty folder but for a tracking store of its own."""
    shutil.copytree(empty_store, elsewhere / "mlruns")
    return elsewhere
