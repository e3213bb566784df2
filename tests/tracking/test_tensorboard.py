"""What is written for TensorBoard is what TensorFlow reads, checksums included."""

import numpy as np
import pytest

from kerasseg.tracking import Board

pytestmark = pytest.mark.once


def _events(folder):
    """Read events with TensorFlow, which refuses a record with a wrong checksum."""
    tensorflow = pytest.importorskip("tensorflow")
    from tensorflow.core.util import event_pb2

    files = sorted(map(str, folder.glob("events.out.tfevents.*")))
    records = tensorflow.data.TFRecordDataset(files).as_numpy_iterator()
    return [event_pb2.Event.FromString(record) for record in records]


def test_tensorflow_reads_the_scores_of_every_epoch(tmp_path):
    board = Board(tmp_path / "run")
    board.scores({"loss": 0.25, "val_iou/Größe": float("nan")}, 0)
    board.scores({"loss": 0.125, "val_iou/Größe": 1.5}, 300)
    version, *epochs = _events(tmp_path / "run")
    assert version.file_version == "brain.Event:2"
    found = [
        (event.step, value.tag, value.simple_value)
        for event in epochs
        for value in event.summary.value
    ]
    assert found == [
        (0, "loss", 0.25),
        (300, "loss", 0.125),
        (300, "val_iou/Größe", 1.5),
    ]
    assert np.all(np.diff([event.wall_time for event in (version, *epochs)]) >= 0)


def test_a_run_that_goes_on_leaves_what_is_there(tmp_path):
    Board(tmp_path).scores({"loss": 2.0}, 0)
    Board(tmp_path).scores({"loss": 1.0}, 1)
    steps = [event.step for event in _events(tmp_path) if event.summary.value]
    assert steps == [0, 1]
