"""A report in a real browser: opened from a file, by day and by night, on a desk, on a phone and in print."""

import base64
import json
import re

import pytest
from plugins.bench_reports import example
from plugins.browser import PICTURES

from consumer.bench.compare import compared
from consumer.bench.report.comparison_page import comparison_page
from consumer.bench.report.page import report_page

BOXES = "[...document.querySelectorAll('.flame-boxes')][0]"


async def is_wider_than_the_window(page):
    """Whether one must scroll sideways."""
    return await page.run("document.documentElement.scrollWidth > innerWidth")


async def contrasts(page):
    """The least contrast of what is read against what is behind it, as WCAG counts it."""
    return await page.run("""(() => {
      const lum = (c) => {
        const v = c.map((x) => { x /= 255; return x <= .03928 ? x / 12.92 : ((x + .055) / 1.055) ** 2.4; });
        return .2126 * v[0] + .7152 * v[1] + .0722 * v[2]; };
      const parsed = (text) => (text.match(/[\\d.]+/g) ?? []).map(Number);
      const behind = (e) => { for (; e; e = e.parentElement) { const c = parsed(getComputedStyle(e).backgroundColor);
        if (c.length && (c.length < 4 || c[3] > .9)) return c.slice(0, 3); } return [255, 255, 255]; };
      let least = [99, ''];
      const read = 'p, li, td, th, h1, h2, h3, dd, dt, summary, figcaption span, code, .plot text';
      for (const e of document.querySelectorAll(read)) {
        if (!e.innerText?.trim() && !(e instanceof SVGElement)) continue;
        const style = getComputedStyle(e);
        const c = parsed(e instanceof SVGElement ? style.fill : style.color).slice(0, 3), b = behind(e);
        const [x, y] = [lum(c), lum(b)].sort((p, q) => q - p), ratio = (x + .05) / (y + .05);
        if (ratio < least[0]) least = [ratio, e.outerHTML.slice(0, 90)];
      }
      return least; })()""")


@pytest.mark.timeout(600)
async def test_a_person_reads_a_report(page, tmp_path):
    """Nothing is asked of any host, nothing fails; flame graphs zoom and find; the pointer tells values."""
    file = tmp_path / "report.html"
    file.write_text(report_page(example()), encoding="utf-8")
    await page.prefer("light")
    await page.size(1280, 900)
    await page.open(file.as_uri())
    assert "graphiti-core" in await page.text(".summary")
    assert (await contrasts(page))[0] >= 4.4, await contrasts(page)
    assert not await is_wider_than_the_window(page)
    await page.picture("bench-report-1280", whole=True)
    await zooms_and_finds(page)
    await reads_a_value(page)
    await turns_the_light_off(page)
    await takes_the_phone(page)
    await prints(page)
    assert {address.split(":")[0] for address in page.asked} == {"file"}
    assert page.complaints == []


async def zooms_and_finds(page):
    """By mouse, by keyboard, by name."""
    wide = f"{BOXES}.querySelectorAll('b').length"
    whole = await page.run(wide)
    assert whole > 10
    await page.run(f"{BOXES}.querySelector('b[title*=\"Store.write\"]').click()")
    assert await page.run(wide) < whole
    assert await page.run("!document.querySelector('.flame-reset').hidden")
    assert "Store.write" in await page.text(".flame-said")
    await page.run(f"{BOXES}.focus()")
    await page.press("Escape")
    assert await page.run(wide) == whole
    await arrow_down(page)
    await arrow_down(page)
    await page.press("ArrowRight")
    assert await page.run(f"{BOXES}.querySelectorAll('b.at').length") == 1
    await page.run("document.querySelector('.flame input').focus()")
    await page.write("neo4j")
    await page.until(f"{BOXES}.querySelectorAll('b.found').length === 1")
    assert "of all looks" in await page.text(".flame-said")
    await page.picture("bench-flame-1280")


async def arrow_down(page):
    """A key that the browser plugin does not know by name."""
    for kind in ("keyDown", "keyUp"):
        await page.send("Input.dispatchKeyEvent", type=kind, key="ArrowDown", windowsVirtualKeyCode=40)


async def reads_a_value(page):
    """Under the pointer, of each line."""
    await page.run("[...document.querySelectorAll('figure.plot')].find(f => f.querySelector('.legend')).id = 'stages'")
    box = await page.run(
        "(() => { const d = document.querySelector('#stages .drawing'); d.scrollIntoView({block: 'center'});"
        "const b = d.getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2]; })()"
    )
    await page.send("Input.dispatchMouseEvent", type="mouseMoved", x=box[0], y=box[1])
    await page.until("!document.querySelector('#stages .reading').hidden")
    assert re.search(r"[\d.]+ s\nextract: [\d.]+ %\nembed: [\d.]+ %\nwrite: ", await page.text("#stages .reading"))


async def turns_the_light_off(page):
    """By the button; and as the system has it."""
    light = await page.run("getComputedStyle(document.body).backgroundColor")
    await page.run("scrollTo(0, 0)")
    await page.click(".theme")
    assert await page.run("getComputedStyle(document.body).backgroundColor") != light
    assert await page.text(".theme") == "Light"
    assert (await contrasts(page))[0] >= 4.4, await contrasts(page)
    await page.picture("bench-report-1280-dark", whole=True)
    await page.click(".theme")
    assert await page.run("getComputedStyle(document.body).backgroundColor") == light


async def takes_the_phone(page):
    """390 pixels: nothing is cut off, and text is large enough."""
    await page.size(390, 844, is_phone=True)
    assert not await is_wider_than_the_window(page)
    smallest = await page.run(
        "Math.min(...[...document.querySelectorAll('.plot svg text')].map(e => e.getBoundingClientRect().height))"
    )
    assert smallest >= 9
    await page.picture("bench-report-390", whole=True)
    await page.prefer("dark")
    await page.run("delete document.documentElement.dataset.theme")
    await page.picture("bench-report-390-dark", whole=True)


async def prints(page):
    """On paper it is ink on white, whatever the screen was."""
    printed = await page.send("Page.printToPDF", printBackground=False, paperWidth=8.27, paperHeight=11.69)
    pdf = base64.b64decode(printed["data"])
    assert pdf.startswith(b"%PDF")
    (PICTURES / "bench-report.pdf").write_bytes(pdf)
    await page.send("Emulation.setEmulatedMedia", media="print", features=[])
    assert await page.run("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert await page.run("getComputedStyle(document.querySelector('nav')).display") == "none"


@pytest.mark.timeout(300)
async def test_a_person_reads_a_comparison(page, tmp_path):
    """The verdict first; runs drawn; at both widths."""
    before, after = example(1), example(2, factor=1.6)
    file = tmp_path / "compared.html"
    file.write_text(comparison_page(before, after, compared(before, after)), encoding="utf-8")
    await page.prefer("light")
    await page.size(1280, 900)
    await page.open(file.as_uri())
    assert json.loads(await page.run("JSON.stringify(document.querySelectorAll('details[open]').length)")) >= 1
    assert "3 worse" in await page.text(".summary")
    assert not await is_wider_than_the_window(page)
    await page.picture("bench-compared-1280", whole=True)
    await page.size(390, 844, is_phone=True)
    assert not await is_wider_than_the_window(page)
    await page.picture("bench-compared-390", whole=True)
    assert page.complaints == []
