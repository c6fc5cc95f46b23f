"""The two pages in Debian's Chromium: sign in, upload, watch, collect, by keyboard too."""

from __future__ import annotations

import asyncio
import os
import shutil
import zipfile
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright, expect

from tests.end_to_end.uploads import PASSWORD, office

pytestmark = [pytest.mark.slow, pytest.mark.timeout(200)]
CHROMIUM = shutil.which("chromium")
WAIT = 60_000  # milliseconds until a page counts as broken


def require_chromium() -> None:
    if CHROMIUM is None and not os.environ.get("CI"):
        pytest.skip("chromium is not installed")
    assert CHROMIUM is not None, "apt-get install chromium"


async def sign_in_by_keyboard(page: Page, url: str) -> None:
    await page.goto(url)
    await expect(page.locator("#sign-in")).to_be_visible(timeout=WAIT)
    await page.keyboard.type("tanaka")  # the name has the focus
    await page.keyboard.press("Tab")
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.locator("#work")).to_be_visible(timeout=WAIT)


def test_a_file_is_sent_and_collected_in_a_browser(tmp_path: Path) -> None:
    require_chromium()
    pictures = Path(os.environ.get("PAGE_PICTURES", str(tmp_path / "pictures")))
    pictures.mkdir(parents=True, exist_ok=True)
    letter = tmp_path / "<img src=x onerror=alert(1)>お知らせ.txt"
    letter.write_text("会議は三時から\n", encoding="utf-8")
    program = tmp_path / "setup.exe"
    program.write_bytes(b"MZ" + bytes(600))
    complaints: list[str] = []

    async def go() -> None:
        async with office(tmp_path / "data") as at, async_playwright() as playwright:
            browser = await playwright.chromium.launch(
                executable_path=CHROMIUM, args=["--no-sandbox", "--lang=ja"]
            )
            context = await browser.new_context(locale="ja-JP", timezone_id="Asia/Tokyo")
            page = await context.new_page()
            page.on("console", lambda message: complaints.append(message.text)
                    if message.type in ("error", "warning") and "401" not in message.text
                    else None)  # fmt: skip
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.on("dialog", lambda dialog: complaints.append(dialog.message))

            up = f"http://127.0.0.1:{at.running.internet_port}/"
            await page.goto(up)
            await page.fill("#name", "tanaka")
            await page.fill("#password", "wrong password")
            await page.click("#sign-in button")
            await expect(page.locator("#error")).to_have_text(
                "利用者名またはパスワードが違います。", timeout=WAIT
            )
            await sign_in_by_keyboard(page, up)
            await page.set_input_files("#files", [letter, program])
            await expect(page.locator("#chosen li")).to_have_count(2)
            await page.fill("#note", "ご確認ください")
            await page.screenshot(path=pictures / "1-chosen.png", full_page=True)
            await page.click("#send")
            sent = page.locator("#items .item")
            await expect(sent).to_contain_text("受け取れます", timeout=WAIT)
            await expect(sent).to_contain_text("お渡しできません")
            await expect(sent).to_contain_text("プログラムやスクリプト")
            await expect(sent).to_contain_text("ご確認ください")
            await expect(page.locator("#items img")).to_have_count(0)  # a name is only text
            await page.screenshot(path=pictures / "2-sent.png", full_page=True)

            down = f"http://127.0.0.1:{at.running.lgwan_port}/"
            await sign_in_by_keyboard(page, down)
            got = page.locator("#items .item")
            await expect(got).to_contain_text("お知らせ.txt", timeout=WAIT)
            await expect(got).to_contain_text("お渡しできません")
            await page.screenshot(path=pictures / "3-collect.png", full_page=True)
            link = got.locator("a.download").first
            async with page.expect_download() as waiting:
                await link.focus()
                await page.keyboard.press("Enter")
            saved = await (await waiting.value).path()
            assert saved.read_text(encoding="utf-8-sig") == "会議は三時から\n"
            await page.click("#again")
            await expect(got).to_contain_text("受け取り済み", timeout=WAIT)
            await page.click("#sign-out")
            await expect(page.locator("#sign-in")).to_be_visible(timeout=WAIT)
            await browser.close()

    asyncio.run(go())
    assert complaints == []


def test_many_files_come_down_as_one_zip_and_a_narrow_screen_works(tmp_path: Path) -> None:
    require_chromium()
    files = []
    for number in range(3):
        files.append(tmp_path / f"資料{number}.txt")
        files[-1].write_text(f"第{number}号", encoding="utf-8")

    async def go() -> None:
        async with office(tmp_path / "data") as at, async_playwright() as playwright:
            browser = await playwright.chromium.launch(
                executable_path=CHROMIUM, args=["--no-sandbox"]
            )
            context = await browser.new_context(viewport={"width": 380, "height": 800})
            page = await context.new_page()
            await sign_in_by_keyboard(page, f"http://127.0.0.1:{at.running.internet_port}/")
            await page.set_input_files("#files", files)
            await page.click("#send")
            await expect(page.locator("#items .item")).to_contain_text("受け取れます", timeout=WAIT)
            width = await page.evaluate("document.documentElement.scrollWidth")
            assert width <= 380
            await sign_in_by_keyboard(page, f"http://127.0.0.1:{at.running.lgwan_port}/")
            async with page.expect_download() as waiting:
                await page.get_by_text("まとめてダウンロード（3件、ZIP）").click()
            with zipfile.ZipFile(await (await waiting.value).path()) as archive:
                assert sorted(archive.namelist()) == [f.name for f in files]
            await browser.close()

    asyncio.run(go())
