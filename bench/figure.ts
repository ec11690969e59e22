/** One measured number beside what it is compared with. */
export interface Figure {
  readonly name: string;
  /** People in the realm, where that matters. */
  readonly people?: number;
  /** What it is compared with, measured in the same run; absent when the target is absolute. */
  readonly baseline?: { readonly name: string; readonly value: number };
  readonly value: number;
  readonly unit: "requests" | "people" | "s" | "ms" | "MiB" | "kB" | "bytes" | "changes" | "×";
  /** Absent for what is only reported. */
  readonly target?: Target;
}

export interface Target {
  /** Whether the value, or its ratio to the baseline, must stay below or reach above the limit. */
  readonly of: "value" | "value / baseline" | "baseline / value";
  readonly at: "most" | "least";
  readonly limit: number;
}

export function isReached({ value, baseline, target }: Figure): boolean | undefined {
  if (target === undefined) return undefined;
  const measured = ratioOf(value, baseline?.value, target.of);
  return target.at === "most" ? measured <= target.limit : measured >= target.limit;
}

/** A figure as one line of a table: name, measured, baseline, ratio, target, verdict. */
export function figureRow(figure: Figure): readonly string[] {
  const { name, people, baseline, value, unit, target } = figure;
  const ratio = target === undefined || target.of === "value" ? "" : ratioText(figure);
  const verdict = { true: "ok", false: "MISSED", undefined: "" }[`${isReached(figure)}`] ?? "";
  return [
    people === undefined ? name : `${name}, ${people.toLocaleString("en")} people`,
    `${numberText(value)} ${unit}`,
    baseline === undefined ? "" : `${numberText(baseline.value)} ${unit} (${baseline.name})`,
    ratio,
    target === undefined ? "" : targetText(target, unit),
    verdict,
  ];
}

/** Rows with aligned columns. */
export function tableText(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

export const HEAD = ["what", "measured", "baseline", "ratio", "to reach", ""] as const;

function ratioOf(value: number, baseline = Number.NaN, of: Target["of"]): number {
  if (of === "value") return value;
  return of === "value / baseline" ? value / baseline : baseline / value;
}

function ratioText({ value, baseline, target }: Figure): string {
  return target === undefined ? "" : `${numberText(ratioOf(value, baseline?.value, target.of))} ×`;
}

function targetText({ of, at, limit }: Target, unit: string): string {
  const sign = at === "most" ? "≤" : "≥";
  if (of === "value") return `${sign} ${numberText(limit)} ${unit}`;
  return of === "baseline / value" ? `${sign} ${numberText(limit)} × less` : `${sign} ${numberText(limit)} ×`;
}

function numberText(value: number): string {
  return value.toLocaleString("en", { maximumFractionDigits: value < 100 ? 2 : 0 });
}
