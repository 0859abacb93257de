/**
 * Tests features that only Whisper models have: timestamp tokens, windows of several lengths, and the no-speech
 * probability.
 */
import { expect } from "bun:test";
import { languageCode, languageName, whisperLanguages } from "../../src/transcript/languages.ts";
import { silence } from "./signals.ts";
import { type DefineCase, shortWindowS } from "./subject.ts";

export function whisperCases(it: DefineCase): void {
  it("returns pairs of timestamps in rising order", (subject) => {
    const { tokens } = subject.lane.decode(subject.chunk());
    const times = [...tokens].filter((id) => id >= subject.info.tokenTimestampBegin);
    expect(times.length).toBeGreaterThan(1);
    expect(tokens[0]).toBeGreaterThanOrEqual(subject.info.tokenTimestampBegin);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });

  it("returns no timestamps if none are requested", (subject) => {
    const { tokens } = subject.lane.decode(subject.chunk({ timestamps: false }));
    expect([...tokens].every((id) => id < subject.info.tokenTextEnd)).toBe(true);
  });

  it("reports the languages that requests can name", (subject) => {
    const { languages } = subject.info;
    expect(languages).toEqual(whisperLanguages(languages.length));
    expect(languages.map((code) => languageCode(languageName(code)))).toEqual([...languages]);
  });

  it("reports a higher no-speech probability for silence", (subject) => {
    const speech = subject.lane.decode(subject.chunk()).noSpeechProb;
    expect(
      subject.lane.decode(subject.chunk({ input: subject.heard(silence(5)) })).noSpeechProb,
    ).toBeGreaterThan(speech);
  });

  it("decodes with windows of several lengths", (subject) => {
    for (const windowS of [shortWindowS, 20.48, subject.info.windowMaxS]) {
      const result = subject.lane.decode(subject.chunk({ windowS }));
      expect(result.windowS).toBeCloseTo(windowS, 3);
      if (subject.backend.says !== null)
        expect(subject.textOf(result.tokens)).toMatch(subject.backend.says);
    }
  });
}
