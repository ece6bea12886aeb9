"""Flask and Django under the mount: the links they make lead back to them."""

import re
from urllib.parse import quote, urlsplit

import pytest

NAMES = ["plain", "café au lait", "abroad"]


@pytest.fixture(params=["flask_app", "django_app"])
def framework(request):
    return request.param


def test_links_lead_to_their_pages(site, browser, framework):
    index = browser.get("/", app=framework)
    assert index.status == 200, index
    links = re.findall(r'href="([^"]+)"', index.text)
    mount = site.configuration.mount
    assert [urlsplit(link).path for link in links] == [f"{mount}/page/{quote(name)}" for name in NAMES]
    assert urlsplit(links[-1]).netloc == site.server.host()
    for name, link in zip(NAMES, links):
        page = browser.get(urlsplit(link).path, absolute=True, app=framework)
        assert (page.status, page.text) == (200, f"page {name} at {mount or 'the root'}")


def test_a_form_is_read_and_its_redirection_followed(site, browser, framework):
    sent = browser.ask(
        "POST", "/form", b"name=caf%C3%A9", {"Content-Type": "application/x-www-form-urlencoded"}, app=framework
    )
    assert sent.status == 302, sent
    page = browser.get(urlsplit(sent.headers["Location"]).path, absolute=True, app=framework)
    assert (page.status, page.text) == (200, f"page café at {site.configuration.mount or 'the root'}")
