"""Whole chapters in a real JupyterLab, as a reader runs them.

Half a minute each: CI opens two of them, and the others are marked slow. `make chapters` runs all.
(That every chapter runs, and shows what is stored, CI sees with nbval; that views answer, `test_views.py`.)
"""

from pathlib import Path

import pytest

pytestmark = pytest.mark.browser

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


@pytest.mark.parametrize(
    "name, player",
    [
        ("00_start_here", ".mg-stepper"),
        pytest.param("03_backward", ".mg-stepper", marks=pytest.mark.slow),
        pytest.param("04_caffe_layers", ".mg-net", marks=pytest.mark.slow),
        pytest.param("06_pytorch", ".mg-stepper", marks=pytest.mark.slow),
        pytest.param("09_losses", ".mg-stepper", marks=pytest.mark.slow),
        pytest.param("14_cpu_kernels", ".mg-kernel", marks=pytest.mark.slow),
        pytest.param("16_optimising_graphs", ".mg-rewrite", marks=pytest.mark.slow),
    ],
)
def test_a_chapter_runs_whole_and_its_films_play(run_notebook, name, player):
    notebook = run_notebook(NOTEBOOKS / f"{name}.ipynb")
    assert notebook.errors() == []
    films = notebook.page.locator(player)
    assert films.count() > 0
    for film in films.all():
        film.scroll_into_view_if_needed()
        film.focus()
        notebook.page.keyboard.press("Home")
        before = film.locator(".mg-count").inner_text()
        notebook.page.keyboard.press("k")
        assert film.locator(".mg-count").inner_text() != before
        if player == ".mg-stepper":
            assert film.locator(".mg-node[data-state=running]").count() == 1


@pytest.mark.slow
def test_the_chapter_about_declared_graphs_runs_whole_and_its_graphs_answer(run_notebook):
    notebook = run_notebook(NOTEBOOKS / "05_tf1_graph.ipynb")
    assert notebook.errors() == []
    graphs = notebook.page.locator(".mg-graph")
    assert graphs.count() == 3
    executed = graphs.nth(1)
    executed.scroll_into_view_if_needed()
    assert executed.get_by_text("did not run").count() > 0
    executed.locator(".mg-node", has_text="squares").first.click()
    assert "squares" in executed.locator(".mg-side").inner_text()


@pytest.mark.slow
def test_the_chapter_of_three_columns_runs_whole_and_its_columns_are_linked(run_notebook):
    notebook = run_notebook(NOTEBOOKS / "07_side_by_side.ipynb")
    assert notebook.errors() == []
    views = notebook.page.locator(".mg-abstractions")
    assert views.count() == 2
    view = views.first
    view.scroll_into_view_if_needed()
    view.locator(".mg-item", has_text="relu").first.click()
    assert "relu" in view.locator(".mg-side").inner_text().lower()


@pytest.mark.slow
def test_the_chapter_about_modules_runs_whole_and_its_network_opens(run_notebook):
    notebook = run_notebook(NOTEBOOKS / "08_modules.ipynb")
    assert notebook.errors() == []
    tree = notebook.page.locator(".mg-modules").first
    tree.scroll_into_view_if_needed()
    tree.get_by_role("button", name="Close all").click()
    for path in ("layer4", "layer4.1"):
        tree.locator(f"[data-key='{path}']").click()
    assert "2\u202f359\u202f296" in tree.locator("[data-key='layer4.1.conv2']").inner_text()
    graph = notebook.page.locator(".mg-graph").first
    graph.scroll_into_view_if_needed()
    assert graph.locator(".mg-node", has_text="rsqrt").count() == 0
    graph.locator(".mg-node", has_text="bn1: BatchNorm2d").click()
    graph.locator(".mg-node", has_text="rsqrt").first.wait_for()


@pytest.mark.slow
def test_the_chapter_about_cuda_kernels_runs_whole_and_its_threads_are_played(run_notebook):
    notebook = run_notebook(NOTEBOOKS / "15_cuda_kernels.ipynb")
    assert notebook.errors() == []
    views = notebook.page.locator(".mg-threads")
    assert views.count() == 6
    copies = views.first
    copies.scroll_into_view_if_needed()
    copies.focus()
    for key in ("Home", "m"):  # the first step that wastes sectors: at once, along the columns
        notebook.page.keyboard.press(key)
    assert copies.locator(".mg-count").inner_text() == "1 / 16"
    assert copies.locator("[data-part=thread][data-state=a]").count() == 2 * 32
    assert copies.locator("[data-part=sector][visibility=visible]").count() == 4 + 16
    copies.locator("[data-part=thread]").nth(17).hover()
    assert copies.locator(".mg-touched").first.inner_text().startswith("thread (1, 1): reads x[1, 1]")
    racing = views.filter(has_text="running_sum_racing")
    assert "race on line[1]: thread 1 writes (line 10), thread 2 reads (line 10)" in (racing.text_content() or "")


@pytest.mark.slow
def test_the_chapter_about_initialisation_runs_whole_and_its_dead_network_can_be_examined(run_notebook):
    notebook = run_notebook(NOTEBOOKS / "10_initialisation.ipynb")
    assert notebook.errors() == []
    view = notebook.page.locator(".mg-gradients")
    view.scroll_into_view_if_needed()
    view.locator(".mg-heat").focus()
    for key in ("ArrowUp", "Home"):  # from the last bias, the only one with a gradient, to the last weight's first step
        notebook.page.keyboard.press(key)
    side = view.locator(".mg-side")
    side.locator("h3", has_text="6.weight").wait_for()
    side.locator("svg").wait_for()  # its histogram, which Python has drawn
    notebook.page.keyboard.press("End")
    side.get_by_text("100 %").wait_for()


def test_the_chapter_about_training_runs_whole_and_a_step_of_its_run_is_stepped_through(run_notebook):
    notebook = run_notebook(NOTEBOOKS / "13_training.ipynb")
    assert notebook.errors() == []
    monitor = notebook.page.locator(".mg-monitor")
    monitor.scroll_into_view_if_needed()
    monitor.get_by_text("epoch 30 of 30, step 300. done").wait_for()
    monitor.locator(".mg-film[data-step='150']").click()
    stepper = notebook.page.locator(".mg-stepper")
    stepper.wait_for()
    stepper.focus()
    notebook.page.keyboard.press("Home")
    before = stepper.locator(".mg-count").inner_text()
    notebook.page.keyboard.press("k")
    assert stepper.locator(".mg-count").inner_text() != before


@pytest.mark.slow
def test_the_chapter_about_optimisers_runs_whole_and_races_again_from_where_one_clicks(run_notebook):
    notebook = run_notebook(NOTEBOOKS / "11_optimisers.ipynb")
    assert notebook.errors() == []
    page = notebook.page
    assert page.locator(".mg-playground").count() == 2
    view = page.locator(".mg-playground").first
    view.scroll_into_view_if_needed()
    view.focus()
    page.keyboard.press("End")
    sgd = view.locator(".mg-lane", has_text="SGD")
    before = sgd.locator(".mg-standing").inner_text()
    assert before.startswith("loss")
    box = view.locator("[data-part=frame]").bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.8, box["y"] + box["height"] * 0.3)
    page.wait_for_function(
        "([row, before]) => row.querySelector('.mg-standing').textContent !== before",
        arg=[sgd.element_handle(), before],
    )
    view.get_by_label("SGD: learning rate").fill("60")
    sgd.get_by_text("diverged at step").wait_for()


@pytest.mark.slow
def test_the_chapter_about_data_runs_whole_and_its_pictures_are_drawn_again(run_notebook):
    notebook = run_notebook(NOTEBOOKS / "12_data.ipynb")
    assert notebook.errors() == []
    view = notebook.page.locator(".mg-batch").first
    view.scroll_into_view_if_needed()
    images = "view => [...view.querySelectorAll('image')].map(image => image.getAttribute('href')).join()"
    drawn = view.evaluate(images)
    view.get_by_role("button", name="draw again").click()
    view.get_by_text("seed 1", exact=True).wait_for()
    again = view.evaluate(images)
    assert again != drawn
    view.get_by_label("RandomAffine: degrees").fill("90")
    view.get_by_text("degrees=90").wait_for()
    assert view.evaluate(images) != again
