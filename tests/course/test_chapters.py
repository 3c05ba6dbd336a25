"""Every real chapter: well formed, its exercises up to date, its checks proved.

(That its stored outputs are what it shows, nbval tests on the chapters themselves.)
"""

from concurrent.futures import ThreadPoolExecutor

import pytest

from minigrad_course.cells import chapters
from minigrad_course.lint import lint
from minigrad_course.prove import prove
from minigrad_course.strip import stale

CHAPTERS = [pytest.param(path, id=path.stem) for path in chapters()]


def test_there_are_chapters():
    assert CHAPTERS


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_chapter_is_well_formed(chapter):
    assert lint(chapter) == []


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_its_exercises_are_up_to_date(chapter):
    assert stale(chapter) == ""


@pytest.fixture(scope="module")
def proofs(request):
    """Of the chapters that were asked for, two at a time: each runs in a kernel of its own."""
    asked = [item for item in request.session.items if "proofs" in getattr(item, "fixturenames", ())]
    with ThreadPoolExecutor(2) as pool:
        yield {path: pool.submit(prove, path) for path in (item.callspec.params["chapter"] for item in asked)}
        pool.shutdown(cancel_futures=True)


@pytest.mark.slow
@pytest.mark.parametrize("chapter", CHAPTERS)
def test_its_checks_are_proved(chapter, proofs):
    assert proofs[chapter].result() == []
