"""Two runs stand side by side in MLflow's own pages, in a real browser."""

import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

from kerasseg import tracking

pytestmark = [pytest.mark.once, pytest.mark.slow]
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture
def two_runs(elsewhere):
    for name, gain in (("fpn on fields", 0.1), ("unet on fields", 0.08)):
        run = tracking.start("fields", name)
        run.parameters({"model": {"name": name[:4].strip()}})
        for epoch in range(4):
            iou = 0.3 + gain * epoch
            run.scores({"val_mean_iou": iou, "val_iou/water": iou + 0.1}, epoch)
        run.close()
    return elsewhere


@pytest.fixture
def address(two_runs):
    """Serve MLflow's pages on this machine, for this test."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = "-m mlflow ui --backend-store-uri sqlite:///mlruns/mlflow.db --workers 1"
    server = subprocess.Popen(
        [sys.executable, *command.split(), "--host", "127.0.0.1", "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield wait_until_up(f"http://127.0.0.1:{port}", server)
    finally:
        server.terminate()
        server.wait(30)


def wait_until_up(address: str, server: subprocess.Popen) -> str:
    for _ in range(360):
        try:
            with urllib.request.urlopen(f"{address}/health", timeout=1):
                return address
        except (urllib.error.URLError, OSError):
            assert server.poll() is None, "mlflow ui ended by itself"
            time.sleep(0.5)
    raise AssertionError("mlflow ui did not come up")


@pytest.fixture
def page():
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("no Chromium on this machine")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=QUIET)
        yield browser.new_page(viewport={"width": 1500, "height": 1000})
        browser.close()


def test_the_pages_of_mlflow_show_both_runs_and_a_chart_per_class(address, page):
    experiment = tracking.client().get_experiment_by_name("fields").experiment_id
    runs = f"{address}/#/experiments/{experiment}/runs"
    page.goto(f"{runs}?compareRunsMode=CHART", wait_until="domcontentloaded")
    for name in ("fpn on fields", "unet on fields"):
        page.get_by_text(name, exact=True).first.wait_for(timeout=180_000)
    for name in ("fpn on fields", "unet on fields"):
        curve = page.get_by_text(f"{name} (val_iou/water)").first
        curve.wait_for(timeout=180_000)
    drawn = page.locator("svg.main-svg").first.locator(".scatterlayer .trace")
    drawn.nth(1).wait_for(state="attached", timeout=180_000)
    assert drawn.count() >= 2
