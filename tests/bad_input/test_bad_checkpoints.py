"""Checkpoints that cannot be converted.

Each case: what is wrong, the command, what is said after `kerasseg: error: `, and what
has spoilt the good checkpoint. A new case is a new line here.
"""

import io
import json
import os
import pickle
import zipfile

import keras
import numpy as np
import pytest

from kerasseg import artifact
from kerasseg.convert import checkpoint, tensors, writing
from kerasseg.models import utae

pytestmark = pytest.mark.once

CONF = {
    "model": "utae",
    "input_dim": 2,
    "encoder_widths": "[4,4]",
    "decoder_widths": None,
    "out_conv": "[3]",
    "n_head": 2,
    "d_model": 4,
    "d_k": 2,
    "fold": None,
}
COMMAND = "convert utae w.pth.tar conf.json new.keras"
INTRUDER = "/tmp/kerasseg-must-not-exist"
NOT_TENSORS = (
    "w.pth.tar: not an archive of tensors ({}). Save the weights again as .safetensors."
)
OTHER_CONF = "Give the conf.json that the checkpoint was trained with."
_FIRST = "in_conv.conv.conv.0.weight"


class _Call:
    def __init__(self, function, *arguments):
        self.function, self.arguments = function, arguments

    def __reduce__(self):
        return self.function, self.arguments


def _archive(program, compression=zipfile.ZIP_STORED):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", compression) as archive:
        archive.writestr("w/data.pkl", program)
    return content.getvalue()


def _program(program, compression=zipfile.ZIP_STORED):
    return lambda w: w.write("w.pth.tar", _archive(program, compression))


def _attack(function, *arguments):
    return _program(pickle.dumps({"state_dict": _Call(function, *arguments)}, 4))


def _state(change):
    """Change the tensors of the checkpoint."""

    def spoil(world):
        state = checkpoint.read(world.folder / "w.pth.tar")
        writing.write_state(world.folder / "w.pth.tar", change(state))

    return spoil


def _conf(**changed):
    return lambda w: w.write("conf.json", json.dumps({**CONF, **changed}))


CASES = [
    (
        "missing checkpoint",
        "convert utae none.pth.tar conf.json new.keras",
        "no checkpoint at none.pth.tar. Correct the path.",
        None,
    ),
    (
        "missing configuration",
        "convert utae w.pth.tar none.json new.keras",
        "no configuration at none.json. Give the conf.json that lies beside the "
        "checkpoint.",
        None,
    ),
    (
        "unknown model",
        "convert unet3d w.pth.tar conf.json new.keras",
        "No such command 'unet3d'. See `kerasseg convert --help`.",
        None,
    ),
    (
        "destination of another kind",
        "convert utae w.pth.tar conf.json new.h5",
        "new.h5: a model is saved with the ending .keras. Name it so.",
        None,
    ),
    (
        "configuration that is not JSON",
        COMMAND,
        "conf.json: not JSON (Expecting value: line 1 column 1 (char 0)). Copy it "
        "again.",
        lambda w: w.write("conf.json", "model: utae"),
    ),
    (
        "configuration that is a list",
        COMMAND,
        "conf.json: not the arguments of a training. Give its conf.json.",
        lambda w: w.write("conf.json", "[]"),
    ),
    (
        "configuration of another model",
        COMMAND,
        "conf.json: describes the model 'timeunet', not 'utae'. Run `kerasseg convert "
        "timeunet`.",
        _conf(model="timeunet"),
    ),
    (
        "configuration of a model that there is not",
        COMMAND,
        "conf.json: describes the model 'convgru', not 'utae'. kerasseg has no such "
        "model.",
        _conf(model="convgru"),
    ),
    (
        "configuration of a panoptic model",
        COMMAND,
        "conf.json: describes a panoptic model, which kerasseg does not have. Give a "
        "checkpoint of a semantic model.",
        _conf(backbone="utae"),
    ),
    (
        "several queries",
        COMMAND,
        "conf.json: num_queries 2. With more than one query the published model does "
        "not run, and kerasseg has one.",
        _conf(num_queries=2),
    ),
    (
        "unknown aggregation",
        COMMAND,
        "conf.json: agg_mode: 'att_max' is not att_group, att_mean or mean. Did you "
        "mean 'att_mean'?",
        _conf(agg_mode="att_max"),
    ),
    (
        "bands that are not a number",
        COMMAND,
        "conf.json: input_dim '2' is not a whole number above 0.",
        _conf(input_dim="2"),
    ),
    (
        "no classes",
        COMMAND,
        "conf.json: out_conv []. Give a list that ends with the number of classes.",
        _conf(out_conv=[]),
    ),
    (
        "widths that do not fit each other",
        COMMAND,
        "utae: 1 encoder_widths but 2 decoder_widths. Give one width per size to each.",
        _conf(encoder_widths=[4], decoder_widths=[4, 4]),
    ),
    (
        "tensors of other widths",
        COMMAND,
        f"w.pth.tar: {_FIRST} has the shape (4, 2, 3, 3) where the model has "
        "(8, 2, 3, 3). Build the model with the options that the checkpoint was "
        "trained with.",
        _conf(encoder_widths=[8, 4], decoder_widths=[8, 4]),
    ),
    (
        "a tensor of another shape",
        COMMAND,
        "w.pth.tar: out_conv.conv.conv.1.running_var has the shape (1, 3) where the "
        "model has (3,). Build the model with the options that the checkpoint was "
        "trained with.",
        _state(
            lambda s: {**s, "out_conv.conv.conv.1.running_var": np.ones((1, 3), "f")}
        ),
    ),
    (
        "a missing tensor",
        COMMAND,
        f"w.pth.tar: lacks {_FIRST}. {OTHER_CONF}",
        _state(lambda s: {k: v for k, v in s.items() if k != _FIRST}),
    ),
    (
        "tensors too many",
        COMMAND,
        "w.pth.tar: has fc.weight and 1 more, for which there is no place. "
        f"{OTHER_CONF}",
        _state(lambda s: {**s, "fc.weight": s[_FIRST], "fc.bias": s[_FIRST]}),
    ),
    (
        "numbers that are none",
        COMMAND,
        f"w.pth.tar: {_FIRST} holds numbers that are not finite. The training has "
        "failed: give an earlier checkpoint.",
        _state(lambda s: {**s, _FIRST: s[_FIRST] * np.float32("nan")}),
    ),
    (
        "truncated checkpoint",
        COMMAND,
        NOT_TENSORS.format("File is not a zip file"),
        lambda w: w.cut_short("w.pth.tar"),
    ),
    (
        "checkpoint that is a text",
        COMMAND,
        NOT_TENSORS.format("its pickle is damaged: at position 0, opcode b'm' unknown"),
        lambda w: w.write("w.pth.tar", "model: utae"),
    ),
    (
        "checkpoint of another kind",
        COMMAND,
        NOT_TENSORS.format("it holds no data.pkl of `torch.save`"),
        lambda w: w.write("w.pth.tar", (w.folder / "old.keras").read_bytes()),
    ),
    (
        "a bomb",
        COMMAND,
        NOT_TENSORS.format("it is compressed or encrypted, as `torch.save` never does"),
        _program(bytes(1 << 20), zipfile.ZIP_DEFLATED),
    ),
    (
        "a command in the pickle",
        COMMAND,
        NOT_TENSORS.format("it asks for posix.system"),
        _attack(os.system, f"mkdir {INTRUDER}"),
    ),
    (
        "a program in the pickle",
        COMMAND,
        NOT_TENSORS.format("it asks for builtins.eval"),
        _attack(eval, f"__import__('os').mkdir('{INTRUDER}')"),
    ),
    (
        "an attribute in the pickle",
        COMMAND,
        NOT_TENSORS.format("it asks for builtins.getattr"),
        _attack(getattr, "os", "mkdir"),
    ),
    (
        "a checkpoint in the checkpoint",
        COMMAND,
        NOT_TENSORS.format("it asks for torch.load"),
        _program(b"\x80\x02ctorch\nload\nX\x01\x00\x00\x00a\x85R."),
    ),
    (
        "a function that is rebuilt",
        COMMAND,
        NOT_TENSORS.format("it sets the state of an object that has none"),
        _program(b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n}b."),
    ),
    (
        "an instance in the pickle",
        COMMAND,
        NOT_TENSORS.format("it uses the instruction STRING"),
        _program(b"(S'true'\nios\nsystem\n."),
    ),
    (
        "no such means",
        f"{COMMAND} --norm none.json --fold 1",
        "no none.json at ., which says how bands are normalised. Give the "
        "NORM_S2_patch.json of the data that the model was trained on.",
        None,
    ),
    (
        "means of every fold",
        f"{COMMAND} --norm norm.json",
        "norm.json has means for each fold. Tell which run the checkpoint is of, with "
        "--fold: the K of its folder Fold_K.",
        lambda w: w.write("norm.json", "{}"),
    ),
    (
        "padding known by pixels that are not normalised",
        f"{COMMAND} --norm norm.json --padding published",
        "padding 'published' with norm.json: the published code knows padded dates by "
        "their pixels after normalisation. Leave one of the two out.",
        None,
    ),
    (
        "way back of no model",
        "convert torch none.keras new.pth.tar",
        "no model at none.keras. Give the path of a .keras file.",
        None,
    ),
    (
        "way back of another model",
        "convert torch old.keras new.pth.tar",
        "old.keras: the model holds no tensors of a published model. Give a U-TAE, "
        "W-TAE, Time-Unet or STENN.",
        None,
    ),
]


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """Write a small checkpoint, its configuration, and a model of another kind."""
    folder = tmp_path_factory.mktemp("published")
    options = {"encoder_widths": (4, 4), "decoder_widths": None, "out_conv": ()}
    heads = {"n_head": 2, "d_model": 4, "d_k": 2, "head": "published"}
    model = utae.build(2, 3, **options, **heads)
    writing.write_state(folder / "w.pth.tar", tensors.state(model))
    (folder / "conf.json").write_text(json.dumps(CONF))
    image = keras.Input((None, None, 2), name="image")
    other = keras.Model({"image": image}, keras.layers.Conv2D(3, 1)(image))
    legend = checkpoint.data.legend(3)
    whole = artifact.assemble(other, ("a", "b"), [0, 0], [1, 1], legend)
    artifact.save(whole, folder / "old.keras")
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize(
    ("command", "line", "spoil"),
    [pytest.param(*case[1:], id=case[0]) for case in CASES],
)
def test_a_bad_checkpoint_is_answered_with_one_clear_line(
    published, told, command, line, spoil
):
    def spoil_copy(world):
        for name, content in published.items():
            world.write(name, content)
        if spoil is not None:
            spoil(world)

    assert told(command, spoil_copy) == (2, f"kerasseg: error: {line}\n")
    assert not os.path.exists(INTRUDER)
