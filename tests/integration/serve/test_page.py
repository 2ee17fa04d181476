"""The page in a real browser, as a person uses it, by keyboard and mouse; pictures of it are kept."""

import pytest

TOKEN = "a-token-of-sixteen-and-more"
HARMLESS = "401 (Unauthorized)"
"""What the browser says of the answer that makes the page ask for the token."""


async def enter(page, told, token=TOKEN):
    """Give the token in the dialog."""
    await page.until("document.querySelector('#token-dialog').open")
    await page.write(token)
    await page.press("Enter")


async def is_wider_than_the_window(page):
    """Whether one must scroll sideways."""
    return await page.run("document.documentElement.scrollWidth > innerWidth")


async def facts_shown(page):
    """The sentences of the facts that are shown."""
    return await page.run("[...document.querySelectorAll('.sentence')].map(e => e.innerText)")


@pytest.mark.timeout(2_400)
async def test_a_person_asks_opens_an_entity_and_moves_the_slider(told, page):
    """With a token, at 1280 and at 390 pixels, light and dark; nothing is asked of another host, nothing fails."""
    await page.prefer("light")
    await page.size(1280, 900)
    await page.open(f"{told.address}/#group={told.group}")
    await gives_the_token(told, page)
    await asks_by_keyboard(page)
    await opens_an_entity(page)
    await moves_the_slider(page)
    await looks_at_the_consumer(page)
    await goes_on_and_back(page)
    await takes_the_phone_at_night(page)
    await page.open(f"{told.address}/?again#group={told.group}&q=Tom%C3%A1s+Globex")
    await page.until("document.querySelector('.fact')")
    assert "<script>alert(1)</script>" in await page.text(".results")  # what was said is text, whatever it holds
    hosts = {address.split("/")[2] for address in page.asked if address.startswith(("http:", "https:", "ws"))}
    assert hosts == {told.address.split("/")[2]}
    assert [each for each in page.complaints if HARMLESS not in each] == []


async def gives_the_token(told, page):
    """A wrong token is told, the right one lets in."""
    await enter(page, told, "not-the-token-of-this-memory")
    await page.until("document.querySelector('#token-dialog').open && !document.querySelector('#token-error').hidden")
    assert "not the right one" in await page.text("#token-error")
    await enter(page, told)
    await page.until("document.querySelector('.figures')")
    assert await page.run("[...document.querySelectorAll('.figures dd')].map(e => e.innerText)") == ["4", "7", "7"]
    assert await page.run("document.querySelector('#group').value") == told.group
    await page.picture("start-1280", whole=True)


async def asks_by_keyboard(page):
    """Facts with their dates and what was said."""
    await page.press("/")
    assert await page.run("document.activeElement.id") == "query"
    await page.write("where does Maya Lindqvist live")
    await page.press("Enter")
    await page.until("document.querySelector('.fact')")
    now = await facts_shown(page)
    assert "Maya Lindqvist lives in Bergen" in now
    assert "Maya Lindqvist lives in Porto" not in now
    shown = await page.text(".facts")
    assert "since 1 Mar 2025" in shown
    assert "Bought a flat in Bergen" in shown
    assert "Chat, February 2025" in shown
    await page.picture("found-1280")


async def opens_an_entity(page):
    """Its timeline and what is around it, as pictures."""
    await page.click(".fact .name")
    await page.until("document.querySelector('.timeline') && document.querySelector('.graph')")
    assert await page.text(".entity h2") == "Maya Lindqvist"
    assert await page.run("document.querySelectorAll('.timeline .bar').length") == 5
    around = await page.run("[...document.querySelectorAll('.graph .node')].map(e => e.getAttribute('aria-label'))")
    assert "Bergen, Location" in around
    assert "Porto, Location" not in around


async def moves_the_slider(page):
    """Another day: other facts, another neighbourhood; the address remembers, and arrow keys go on by days."""
    day = await page.run("Math.floor(Date.UTC(2023, 1, 1) / 86400000)")
    low, high = await page.run("['min', 'max'].map(e => Number(document.querySelector('#when')[e]))")
    await page.click("#when", share=(day - low) / (high - low))
    await page.until("document.querySelector('#when-text').innerText !== 'now'")
    await page.until("[...document.querySelectorAll('.sentence')].some(e => e.innerText.includes('lives in Porto'))")
    assert "Maya Lindqvist lives in Bergen" not in await facts_shown(page)
    await page.until("document.querySelector('.graph .node[aria-label^=Porto]')")
    before = await page.text("#when-text")
    await page.press("ArrowLeft")
    await page.until(f"document.querySelector('#when-text').innerText !== {before!r}")
    await page.until("location.hash.includes('as-of=202')")
    await page.picture("entity-1280")
    assert not await is_wider_than_the_window(page)


async def looks_at_the_consumer(page):
    """Its live state, and Esc closes it."""
    await page.until("document.querySelector('#live').dataset.kind === 'good'")
    assert "1 consumer" in await page.text("#live-text")
    await page.click("#live")
    assert "written" in await page.text("#live-panel")
    await page.picture("live-1280")
    await page.press("Escape")
    assert await page.run("document.querySelector('#live-panel').hidden")


async def goes_on_and_back(page):
    """Another entity from the picture, by keyboard; and back."""
    await page.run("document.querySelector('.graph .node:not(.centre)').focus()")
    await page.press("Enter")
    heading = "document.querySelector('.entity h2')?.innerText"
    await page.until(f"{heading} && {heading} !== 'Maya Lindqvist'")
    await page.run("history.back()")
    await page.until(f"{heading} === 'Maya Lindqvist' && document.querySelector('.graph')")


async def takes_the_phone_at_night(page):
    """390 pixels, dark: nothing is wider than the window; Esc closes the entity."""
    await page.size(390, 844, is_phone=True)
    await page.until("['.timeline', '.graph'].every(e => document.querySelector(e)?.viewBox.baseVal.width < 390)")
    assert not await is_wider_than_the_window(page)
    await page.picture("entity-390", whole=True)
    await page.run("document.querySelector('.entity').focus()")
    await page.press("Escape")
    await page.until("document.querySelector('#entity').hidden")
    await page.run("scrollTo(0, 0)")
    await page.prefer("dark")
    assert not await is_wider_than_the_window(page)
    await page.picture("found-390-dark")
    await page.size(1280, 900)
    await page.picture("found-1280-dark")


async def test_an_error_is_told_and_can_be_tried_again(told, page):
    """When the server is away the page says so, and goes on when asked to."""
    await page.prefer("dark")
    await page.size(390, 844, is_phone=True)
    await page.open(f"{told.address}/#group={told.group}")
    await enter(page, told)
    await page.until("document.querySelector('.figures')")
    await page.send(
        "Network.emulateNetworkConditions", offline=True, latency=0, downloadThroughput=0, uploadThroughput=0
    )
    await page.click("#query")
    await page.write("Maya")
    await page.press("Enter")
    await page.until("document.querySelector('.trouble')")
    assert "cannot be reached" in await page.text(".trouble")
    await page.picture("trouble-390-dark")
    await page.send(
        "Network.emulateNetworkConditions", offline=False, latency=0, downloadThroughput=-1, uploadThroughput=-1
    )
    await page.click(".trouble button")
    await page.until("document.querySelector('.fact')")
