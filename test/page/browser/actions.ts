/** Does what a user of the web page does, and waits for what the user sees. */
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { Page } from "puppeteer-core";
import { repository } from "../../e2e/executable.ts";
import { tone, wavOf } from "../../e2e/wav.ts";

export const agent = join(repository, "test/audio/en_agent-user.flac");

/** Drops files on the page. */
export async function dropFiles(page: Page, files: readonly File[]): Promise<void> {
  const sent = await Promise.all(
    files.map(async (file) => ({
      name: file.name,
      type: file.type,
      base64: Buffer.from(await file.arrayBuffer()).toString("base64"),
    })),
  );
  await page.evaluate((list) => {
    const transfer = new DataTransfer();
    for (const { name, type, base64 } of list) {
      const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
      transfer.items.add(new File([bytes], name, { type }));
    }
    for (const event of ["dragover", "drop"]) {
      document.body.dispatchEvent(
        new DragEvent(event, { dataTransfer: transfer, bubbles: true, cancelable: true }),
      );
    }
  }, sent);
}

export function recording(path: string): File {
  return new File([readFileSync(path)], basename(path), { type: "audio/flac" });
}

/** Returns a recording of a tone, which the null engine accepts. */
export async function toneFile(seconds: number, name: string): Promise<File> {
  return new File([await wavOf(seconds, tone).arrayBuffer()], name, { type: "audio/wav" });
}

/** Sets the commands of the null engine, which the page sends as prompt. */
export async function setPrompt(page: Page, commands: string): Promise<void> {
  await page.evaluate((text) => {
    document.querySelector<HTMLTextAreaElement>("[name=prompt]")!.value = text;
  }, commands);
}

/** Waits until an element has a text. Throws after 60 s, with the text that the element has. */
export async function waitForText(page: Page, selector: string, text: string): Promise<void> {
  const end = performance.now() + 60_000;
  for (;;) {
    const found = await textOf(page, selector);
    if (found.includes(text)) return;
    if (performance.now() > end) throw new Error(`${selector} is "${found}", expected "${text}"`);
    await Bun.sleep(50);
  }
}

/** Returns the text of all elements that the selector finds, without the hidden ones. */
export async function textOf(page: Page, selector: string): Promise<string> {
  return await page.$$eval(selector, (found) =>
    found.map((one) => (one as HTMLElement).innerText.trim()).join("\n"),
  );
}
