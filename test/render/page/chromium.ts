import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const EXECUTABLE = '/usr/bin/chromium';

/** Debian's Chromium, without a window. */
export function startChromium(): Promise<Browser> {
  if (!existsSync(EXECUTABLE)) {
    throw new Error(`These tests need Chromium at ${EXECUTABLE} (Debian: apt-get install chromium).`);
  }
  // Chromium's own sandbox does not start as root in a container; the pages are the project's own.
  return chromium.launch({ executablePath: EXECUTABLE, args: ['--no-sandbox'] });
}
