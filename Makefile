# The words of the house. `make fit` and `make test` do all their own set-up.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/
PEER := .venv-bench
SAMPLE := data/landcoverai
export NO_ALBUMENTATIONS_UPDATE = 1
export TF_CPP_MIN_LOG_LEVEL ?= 2

.PHONY: fit test check fix bench lock clean

fit: $(VENV)/ready $(SAMPLE)/train.txt  ## train a small FPN on a made-up landscape
	$(RUN)kerasseg fit recipes/poland_fpn.yaml --set data.root=$(SAMPLE) \
		--set tracking.run_name=sample $(SHORT)
	@echo "Compare runs: $(RUN)mlflow ui --backend-store-uri sqlite:///mlruns/mlflow.db"

# The published recipe, shortened for a laptop: a narrower network from random weights,
# few epochs, and running statistics that arrive within them.
SHORT = --set model.weights=null --set training.normalization=standard \
	--set model.encoder_width=32 --set 'model.decoder_widths=[128, 64]' \
	--set training.epochs=8 --set training.batch_size=8 \
	--set training.schedule=cosine --set training.norm_momentum=0.9

$(SAMPLE)/train.txt: | $(VENV)/ready
	$(RUN)kerasseg sample landcoverai $(SAMPLE)

test: $(VENV)/ready  ## all checks, then all tests on both backends, side by side
	$(MAKE) lint
	$(MAKE) --jobs=2 --output-sync=target --keep-going \
		test-jax test-tensorflow test-files

# They compute little with a backend, and are run where the first of the others ends.
FILES := tests/datasets tests/doctor tests/pipeline tests/prepare tests/raster \
	tests/test_mlflow_ui.py tests/test_places.py

.PHONY: test-jax test-tensorflow test-files
test-jax: $(VENV)/ready
	KERAS_BACKEND=jax $(RUN)python -m pytest -q $(FILES:%=--ignore=%)

test-tensorflow: $(VENV)/ready
	KERAS_BACKEND=tensorflow $(RUN)python -m pytest -q -m "not once"

test-files: $(VENV)/ready
	KERAS_BACKEND=jax $(RUN)python -m pytest -q $(FILES)

check: $(VENV)/ready lint  ## what to run before a commit
	KERAS_BACKEND=jax $(RUN)python -m pytest -q -m "not slow"

.PHONY: lint
lint: $(VENV)/ready
	$(RUN)ruff format --check .
	$(RUN)ruff check .
	$(RUN)lint-imports

fix: $(VENV)/ready  ## format, and mend what can be mended
	$(RUN)ruff format .
	$(RUN)ruff check --fix .

bench: $(VENV)/ready $(PEER)/ready  ## speed and memory against PyTorch
	KERASSEG_PEER_PYTHON=$(PEER)/bin/python $(RUN)python benchmarks/models.py
	KERASSEG_PEER_PYTHON=$(PEER)/bin/python $(RUN)python benchmarks/models.py --model segformer
	KERASSEG_PEER_PYTHON=$(PEER)/bin/python $(RUN)python benchmarks/pipeline.py
	KERASSEG_PEER_PYTHON=$(PEER)/bin/python $(RUN)python benchmarks/scene_predict.py
	$(RUN)python benchmarks/scene_predict.py --part memory --sides 3000,9000
	$(RUN)python benchmarks/scene_prepare.py
	KERASSEG_PEER_PYTHON=$(PEER)/bin/python $(RUN)python benchmarks/attention.py
	KERASSEG_PEER_PYTHON=$(PEER)/bin/python $(RUN)python benchmarks/series_models.py
	KERASSEG_PEER_PYTHON=$(PEER)/bin/python $(RUN)python benchmarks/series_pipeline.py

$(VENV)/ready: requirements.lock pyproject.toml
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11))" || \
		{ echo "kerasseg needs Python 3.11 or newer; give one with PYTHON=…"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(RUN)python -m pip install --quiet --no-compile --require-hashes -r requirements.lock
	$(RUN)python -m pip install --quiet --no-deps -e .
	-$(RUN)python -m compileall -qq -j 0 $(VENV)/lib  # pip would use one core
	touch $@

# The peer needs torchvision's Python code only, whose wheels ask for CUDA.
$(PEER)/ready:
	$(PYTHON) -m venv $(PEER)
	$(PEER)/bin/python -m pip install --quiet torch==2.13.0
	$(PEER)/bin/python -m pip install --quiet --no-deps \
		segmentation-models-pytorch==0.6.0 timm==1.0.31 torchvision==0.28.0
	$(PEER)/bin/python -m pip install --quiet huggingface-hub safetensors tqdm pillow \
		numpy pyyaml psutil albumentations==2.0.8 rasterio transformers==5.24.0
	touch $@

lock:  ## pin every dependency, with hashes, for every supported Python
	$(PYTHON) -m pip install --quiet uv
	$(PYTHON) -m uv pip compile --quiet --universal --python-version 3.11 \
		--generate-hashes --no-header --extra jax --extra tensorflow --extra dev \
		--extra bench pyproject.toml -o requirements.lock

clean:
	rm -rf $(VENV) $(PEER) .pytest_cache .ruff_cache .import_linter_cache build dist
