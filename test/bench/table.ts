/** Writes the results as one Markdown table. */

export interface Row {
  readonly measure: string;
  readonly ours: string;
  readonly peer: string;
  /**
   * Text with our value divided by the value of the peer. The text can also be another comparison. It then names this
   * comparison.
   */
  readonly ratio: string;
  readonly aim: string;
}

export interface Heading {
  readonly ours: string;
  readonly peer: string;
}

export function renderTable(rows: readonly Row[], { ours, peer }: Heading): string {
  const cells = rows.map((row) => [row.measure, row.ours, row.peer, row.ratio, row.aim]);
  const head = ["measure", ours, peer, "ratio", "target"];
  const line = (columns: readonly string[]) => `| ${columns.join(" | ")} |`;
  return [line(head), "|---|---:|---:|---:|---|", ...cells.map(line)].join("\n");
}

/** Creates a row with our number, the number of the peer and the ratio. */
export function numberRow(
  measure: string,
  ours: number,
  peer: number,
  options: { readonly unit: string; readonly digits: number; readonly aim?: string },
): Row {
  const cell = (value: number) => `${value.toFixed(options.digits)} ${options.unit}`.trimEnd();
  return {
    measure,
    ours: cell(ours),
    peer: cell(peer),
    ratio: (ours / peer).toFixed(2),
    aim: options.aim ?? "",
  };
}

/** Formats a difference of two percentages. */
export function points(difference: number): string {
  return `${difference < 0 ? "" : "+"}${difference.toFixed(1)} points`;
}
