// Opens pages in Chromium as readers do: in light and in dark, wide and narrow, with scripts and without, with the pointer and with keys alone.
// node drive.mjs CHROMIUM FOLDER: opens FOLDER/*.html, prints a line for each thing that holds, and ends with 1 at the first that does not.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const [executablePath, folder] = process.argv.slice(2);
const axe = fs.readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const address = (name) => pathToFileURL(path.join(folder, `${name}.html`)).href;

const browser = await chromium.launch({
  executablePath,
  headless: true,
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
});

/// Opens a page, and does something with it; whatever it asks for and complains of is counted.
const open = async (name, options, look) => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  context.setDefaultTimeout(60_000);
  const page = await context.newPage();
  const requests = [];
  const complaints = [];
  page.on("request", (request) => requests.push(request.url()));
  page.on("console", (message) => complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("dialog", (dialog) => complaints.push(`dialog: ${dialog.message()}`));
  await page.goto(address(name));
  await look(page);
  // An icon may be a data: address, which nobody is asked for.
  assert.deepEqual(requests.filter((url) => !url.startsWith("data:")).map((url) => url.replace(/#.*/, "")), [address(name)]);
  assert.deepEqual(complaints, []);
  await context.close();
};

const holds = async (what, check) => {
  let timer;
  const late = new Promise((_, reject) => { timer = setTimeout(() => reject(new Error("it takes longer than three minutes")), 180_000); });
  try {
    await Promise.race([check(), late]);
    clearTimeout(timer);
    console.log(`holds: ${what}`);
  } catch (error) {
    console.error(`does not hold: ${what}\n${error.stack}`);
    await browser.close();
    process.exit(1);
  }
};

const accessible = async (page) => {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  const told = violations.map((violation) => `${violation.id} (${violation.nodes.length}): ${violation.nodes[0].html}\n${violation.nodes[0].failureSummary}`);
  assert.deepEqual(told, []);
};

const fits = async (page) => {
  const [wide, view] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  assert.ok(wide <= view, `the page is ${wide} wide in a window of ${view}`);
};

/// The page without its scripts: axe-core is a script, and does not run where none does.
const bare = (name) => {
  const page = fs.readFileSync(path.join(folder, `${name}.html`), "utf8").replace(/<script>.*?<\/script>/gs, "");
  fs.writeFileSync(path.join(folder, `${name}-bare.html`), page);
  return `${name}-bare`;
};

// The last table goes on for a thousand rows.
const shot = async (page, name) => {
  const { width } = page.viewportSize();
  await page.screenshot({ path: path.join(folder, `${name}.png`), fullPage: true, clip: { x: 0, y: 0, width, height: width < 500 ? 12000 : 6500 } });
};
const visible = (page) => page.locator("#table tbody tr:visible").count();

// axe-core takes a second for a hundred rows, and a row is as good as another.
for (const name of ["small", "first", "hostile"]) {
  for (const colorScheme of ["light", "dark"]) {
    await holds(`axe-core finds nothing in ${name}, ${colorScheme}`, () => open(name, { colorScheme }, async (page) => {
      await accessible(page);
      await fits(page);
    }));
    await holds(`axe-core finds nothing in ${name}, ${colorScheme}, without scripts`, () => open(bare(name), { colorScheme }, async (page) => {
      await accessible(page);
      assert.equal(await page.locator("#filter:visible").count(), 0);
    }));
  }
  await holds(`${name} fits a window of 400 pixels`, () => open(name, { viewport: { width: 400, height: 800 } }, async (page) => {
    await fits(page);
    await accessible(page);
  }));
}

// Nothing wrong, nothing right, nothing there, next to nothing looked at, and names without a place to break: on a telephone and on paper.
for (const name of ["well", "broken", "empty", "unscanned", "long", "hostile"]) {
  await holds(`${name} fits a window of 360 pixels, and a sheet of paper`, async () => {
    await open(name, { viewport: { width: 360, height: 800 } }, async (page) => { await fits(page); await shot(page, `${name}-narrow`); });
    await open(name, { viewport: { width: 794, height: 1123 } }, async (page) => {
      await page.emulateMedia({ media: "print" });
      await fits(page);
      await shot(page, `${name}-print`);
    });
  });
}

await holds("where there is nothing, nothing stands in a table", () => open("empty", {}, async (page) => {
  assert.equal(await page.locator("table, form").count(), 0);
  assert.ok(await page.getByText("No repository was found.").isVisible());
  await accessible(page);
}));

await holds("a thousand images fit wide and narrow windows, in light and in dark", async () => {
  await open("registry", {}, async (page) => { await fits(page); await shot(page, "light"); });
  await open("registry", { colorScheme: "dark" }, (page) => shot(page, "dark"));
  await open("registry", { viewport: { width: 400, height: 800 } }, async (page) => { await fits(page); await shot(page, "narrow"); });
});

await holds("without scripts the curve and every image are there", () => open("registry", { javaScriptEnabled: false }, async (page) => {
  assert.equal(await page.locator("svg.drawing:visible").count(), 1);
  assert.equal(await page.locator("#filter:visible").count(), 0);
  await shot(page, "without-scripts");
  const rows = await page.locator("#table tbody tr").count();
  assert.ok(rows > 1000, `${rows} rows`);
}));

await holds("the filter narrows by words, by state and by team, and lets go again", () => open("registry", {}, async (page) => {
  const all = await page.locator("#table tbody tr").count();
  assert.equal(await visible(page), all);
  await page.getByRole("searchbox").fill("ORDERS api");
  const some = await visible(page);
  assert.ok(some > 0 && some < all, `${some} of ${all}`);
  for (const text of await page.locator("#table tbody tr:visible").allTextContents()) assert.match(text, /orders.*api/i);
  assert.equal(await page.locator("#shown").textContent(), `${some} of ${all.toLocaleString("en")} shown`);
  const whole = "registry.example.com/payments/";
  await page.getByRole("searchbox").fill(whole);
  assert.ok(await visible(page) > 0, "a name with its registry is found too");
  await page.getByRole("searchbox").fill("no such image");
  assert.equal(await visible(page), 0);
  assert.ok(await page.getByText("No image fits.").isVisible());
  await page.getByRole("button", { name: "Show all" }).click();
  await page.waitForFunction((all) => document.querySelectorAll("#table tbody tr:not([hidden])").length === all, all);
  await page.getByRole("checkbox", { name: /^ok/ }).uncheck();
  assert.equal(await page.locator("#table tbody tr[data-state=ok]:visible").count(), 0);
  assert.ok(await visible(page) > 0);
  await page.getByRole("combobox", { name: "Team" }).selectOption("payments");
  for (const team of await page.locator("#table tbody tr:visible td:nth-child(5)").allTextContents()) assert.equal(team, "payments");
}));

await holds("a name in another table leads to its images", () => open("registry", {}, async (page) => {
  const link = page.locator("a[data-find]").first();
  const name = await link.textContent();
  await link.click();
  assert.equal(await page.getByRole("searchbox").inputValue(), name);
  assert.ok(await visible(page) > 0);
  for (const text of await page.locator("#table tbody tr:visible").allTextContents()) assert.ok(text.includes(name), text);
}));

await holds("columns sort both ways and say so", () => open("registry", {}, async (page) => {
  const names = () => page.locator("#table tbody tr th").evaluateAll((cells) => cells.map((cell) => cell.textContent));
  const sorted = (list) => [...list].sort(new Intl.Collator("en", { numeric: true }).compare);
  const button = page.getByRole("button", { name: "Image" });
  await button.click();
  const up = await names();
  assert.deepEqual(up, sorted(up));
  assert.equal(await page.locator("#table th[aria-sort=ascending]").count(), 1);
  await button.click();
  assert.deepEqual(await names(), sorted(up).reverse());
  assert.equal(await page.locator("#table th[aria-sort=descending]").textContent(), "Image");
}));

await holds("it can be used without a mouse", () => open("registry", {}, async (page) => {
  const focus = () => page.evaluate(() => {
    const element = document.activeElement;
    const style = getComputedStyle(element);
    return { what: element.id || element.name || element.className || element.textContent.trim(), outline: `${style.outlineStyle} ${style.outlineWidth}`, top: element.getBoundingClientRect().top };
  });
  await page.keyboard.press("Tab");
  assert.equal((await focus()).what, "skip");
  assert.ok((await focus()).top >= 0, "the way past the head is to be seen once it has the focus");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  const seen = [];
  while (!seen.includes("text") && seen.length < 20) {
    await page.keyboard.press("Tab");
    const { what, outline } = await focus();
    assert.ok(!outline.startsWith("none"), `${what} has the focus and does not show it`);
    seen.push(what);
  }
  assert.ok(seen.includes("text"), `the filter was not come to: ${seen}`);
  await page.keyboard.type("ledger");
  const some = await visible(page);
  assert.ok(some > 0 && some < 100, `${some}`);
  // The curve answers to arrow keys.
  await page.locator("#chart .live").focus();
  const last = await page.locator("#readout").textContent();
  await page.keyboard.press("ArrowLeft");
  const before = await page.locator("#readout").textContent();
  assert.notEqual(before, last);
  await page.keyboard.press("End");
  assert.equal(await page.locator("#readout").textContent(), last);
}));

await holds("strangers' words are shown, and do nothing", () => open("hostile", {}, async (page) => {
  assert.notEqual(await page.title(), "run");
  assert.equal(await page.locator("img, iframe, object, embed").count(), 0);
  assert.equal(await page.locator("script").count(), 3);
  const text = await page.locator("h1").textContent();
  assert.ok(text.includes("</script><script>document.title='run'</script>"), text);
  assert.ok(await page.locator("#table tbody tr").count() > 20);
}));

await holds("the page of a check can be read by everybody, and leads to its rules", async () => {
  for (const colorScheme of ["light", "dark"]) {
    await open("check", { colorScheme, viewport: { width: 400, height: 800 } }, async (page) => { await accessible(page); await fits(page); });
  }
  await open("check", {}, async (page) => {
    assert.equal(await page.locator("img, iframe, object, embed, script").count(), 0);
    const rules = await page.locator("tbody a").evaluateAll((links) => links.map((link) => link.hash));
    assert.ok(rules.length > 2, `${rules}`);
    for (const rule of rules) assert.equal(await page.locator(`details${rule}`).count(), 1, rule);
    await shot(page, "check");
  });
});

await browser.close();
