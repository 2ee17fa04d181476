// An entity's timeline as a picture: a lane a relation, a bar a fact, and a line at the day we look at.

import { h, s, words } from "./dom.js";
import { dayText, spanText, ticks } from "./time.js";

const ROW = 26;
const HEAD = 22;
const LANE_HEAD = 20;

/** Rows of a lane so that no two bars of one row overlap. */
function rowsOf(facts, from, to) {
  const rows = [];
  for (const fact of facts) {
    const begins = fact.valid_at ? Date.parse(fact.valid_at) : from;
    const ends = fact.invalid_at ? Date.parse(fact.invalid_at) : to;
    let row = rows.findIndex((end) => end <= begins);
    if (row < 0) row = rows.push(0) - 1;
    rows[row] = ends;
    fact.row = row;
  }
  return Math.max(1, rows.length);
}

/** The picture, and as text for those who don't see it. `open` takes the uuid of the entity at the other end. */
export function timelinePicture(timeline, { range, at, width, open }) {
  const facts = timeline.lanes.flatMap((lane) => lane.facts);
  if (!facts.length) return h("p", { class: "dim" }, "No dated facts.");
  const starts = facts.map((fact) => Date.parse(fact.valid_at ?? "")).filter((value) => !Number.isNaN(value));
  const first = Math.min(...starts, range.to);
  const pad = (range.to - first) * 0.02 || 86_400_000;
  const from = first - pad;
  const to = Math.max(range.to, ...facts.map((fact) => Date.parse(fact.invalid_at ?? "") || 0)) + pad;
  const x = (instant) => ((instant - from) / (to - from)) * width;
  let y = HEAD;
  const bars = [];
  for (const lane of timeline.lanes) {
    const shown = lane.facts.map((fact) => ({ ...fact }));
    const count = rowsOf(shown, from, to);
    const name = lane.direction === "in" ? `${words(lane.relation)} (of others)` : words(lane.relation);
    bars.push(s("text", { class: "lane", x: 0, y: y + 13 }, name));
    y += LANE_HEAD;
    for (const fact of shown) {
      const left = fact.valid_at ? x(Date.parse(fact.valid_at)) : 0;
      const right = fact.invalid_at ? x(Date.parse(fact.invalid_at)) : width;
      const wide = Math.max(6, right - left);
      const isOut = fact.subject_uuid === timeline.entity.uuid;
      const other = isOut ? fact.object : fact.subject;
      const top = y + fact.row * ROW;
      const label = fitted(other, Math.max(wide, width - left) - 12);
      const inside = textWidth(label) < wide - 12;
      const end = left + wide + textWidth(label) + 8 > width && !inside;
      bars.push(
        s(
          "g",
          {
            class: "bar",
            "data-from": fact.valid_at ? Date.parse(fact.valid_at) : from,
            "data-to": fact.invalid_at ? Date.parse(fact.invalid_at) : to,
            role: "button",
            tabindex: 0,
            "aria-label": `${fact.sentence}, ${spanText(fact.valid_at, fact.invalid_at)}`,
            onclick: () => open(isOut ? fact.object_uuid : fact.subject_uuid),
            onkeydown: (event) => {
              if (event.key === "Enter" || event.key === " ") {
                event.preventDefault();
                open(isOut ? fact.object_uuid : fact.subject_uuid);
              }
            },
          },
          s("title", {}, `${fact.sentence} (${spanText(fact.valid_at, fact.invalid_at)})`),
          s("rect", { x: left, y: top, width: wide, height: ROW - 6, rx: 5 }),
          s(
            "text",
            inside
              ? { class: "in", x: left + 8, y: top + 14 }
              : { class: "by", x: end ? left - 6 : left + wide + 6, y: top + 14, "text-anchor": end ? "end" : "start" },
            label,
          ),
        ),
      );
    }
    y += count * ROW + 8;
  }
  const years = ticks(from, to, Math.max(2, Math.floor(width / 64))).filter((tick) => x(tick.at) > 16 && x(tick.at) < width - 16);
  const grid = years.map((tick) => [
    s("line", { class: "grid", x1: x(tick.at), x2: x(tick.at), y1: HEAD - 4, y2: y }),
    s("text", { class: "year", x: x(tick.at), y: 11, "text-anchor": "middle" }, tick.text),
  ]);
  const now = s("g", { class: "look" }, s("line", { y1: HEAD - 4, y2: y }), s("circle", { cy: HEAD - 4, r: 3.5 }));
  const picture = s(
    "svg",
    {
      class: "timeline",
      viewBox: `0 0 ${width} ${y}`,
      width,
      height: y,
      role: "group",
      "aria-label": `Timeline of ${timeline.entity.name}: ${facts.length} facts, looking at ${dayText(at)}`,
      "data-from": from,
      "data-to": to,
    },
    grid,
    bars,
    now,
  );
  lookAt(picture, at);
  return picture;
}

/** Move the line to a day, and light the bars of what is true then, without drawing anew. */
export function lookAt(picture, at) {
  const line = picture?.querySelector?.(".look");
  if (!line) return;
  const { from, to } = picture.dataset;
  const width = picture.viewBox.baseVal.width;
  const share = Math.min(1, Math.max(0, (at - Number(from)) / (Number(to) - Number(from))));
  line.setAttribute("transform", `translate(${share * width} 0)`);
  for (const bar of picture.querySelectorAll(".bar")) {
    bar.classList.toggle("holds", Number(bar.dataset.from) <= at && at < Number(bar.dataset.to));
  }
}

const textWidth = (text) => [...text].reduce((sum, letter) => sum + (letter.codePointAt(0) > 0x2e7f ? 12.5 : 6.6), 0);

function fitted(text, wide) {
  if (textWidth(text) <= wide) return text;
  let cut = text;
  while (cut.length > 3 && textWidth(cut) > wide - 8) cut = cut.slice(0, -1);
  return `${cut.trimEnd()}…`;
}
