// What was found: facts with when they are true and who said so, and the entities that were found beside them.

import { colourOf, h, words } from "./dom.js";
import { dayText, holdsAt, spanText } from "./time.js";

/** The sentence of a fact, the names of its two ends as buttons that open them. */
function sentence(fact, open) {
  const parts = [];
  let rest = fact.fact;
  const ends = [
    { name: fact.subject, uuid: fact.subject_uuid, side: "subject" },
    { name: fact.object, uuid: fact.object_uuid, side: "object" },
  ];
  const places = ends
    .map((end) => ({ ...end, at: end.name ? rest.toLowerCase().indexOf(end.name.toLowerCase()) : -1 }))
    .filter((end) => end.at >= 0)
    .sort((one, other) => one.at - other.at);
  let from = 0;
  for (const end of places) {
    if (end.at < from) continue;
    parts.push(rest.slice(from, end.at));
    const text = rest.slice(end.at, end.at + end.name.length);
    parts.push(h("button", { class: "name", type: "button", onclick: () => open(fact, end.side) }, text));
    from = end.at + end.name.length;
  }
  parts.push(rest.slice(from));
  const missing = ends.filter((end) => !places.some((place) => place.side === end.side && place.at >= 0));
  return h(
    "p",
    { class: "sentence" },
    parts,
    missing.map((end) => [" ", h("button", { class: "name aside", type: "button", onclick: () => open(fact, end.side) }, end.name)]),
  );
}

/** A stretch of the range in which the fact is true, and where we look at. */
function span(fact, range, at) {
  const wide = range.to - range.from || 1;
  const share = (instant) => Math.min(100, Math.max(0, ((instant - range.from) / wide) * 100));
  const from = fact.valid_at ? share(Date.parse(fact.valid_at)) : 0;
  const to = fact.invalid_at ? share(Date.parse(fact.invalid_at)) : 100;
  return h(
    "div",
    { class: "span", "aria-hidden": "true" },
    h("i", {
      class: fact.invalid_at ? "held" : "held open",
      place: { left: `${from}%`, width: `${Math.max(0.8, to - from)}%` },
    }),
    h("b", { place: { left: `${share(at)}%` } }),
  );
}

function source(told) {
  return h(
    "figure",
    { class: "source" },
    h("blockquote", {}, told.excerpt || "(nothing was kept of what it said)"),
    h("figcaption", {}, h("span", {}, told.name), h("time", { datetime: told.reference_time }, dayText(told.reference_time))),
  );
}

function sources(told) {
  if (!told.length) return h("p", { class: "dim" }, "no source is known");
  const [first, ...others] = told;
  if (!others.length) return source(first);
  return [
    source(first),
    h(
      "details",
      { class: "more" },
      h("summary", {}, `${others.length} more ${others.length === 1 ? "episode says" : "episodes say"} so`),
      others.map(source),
    ),
  ];
}

/** One fact as a list item. */
export function factItem(fact, { range, at, open }) {
  const holds = holdsAt(fact, at);
  return h(
    "li",
    { class: holds ? "fact" : "fact over", "data-uuid": fact.uuid },
    sentence(fact, open),
    h(
      "div",
      { class: "facts-line" },
      h("span", { class: "relation" }, words(fact.relation)),
      h("span", { class: "dates" }, spanText(fact.valid_at, fact.invalid_at)),
      holds ? null : h("span", { class: "tag" }, Date.parse(fact.valid_at ?? 0) > at ? "not yet" : "over"),
    ),
    span(fact, range, at),
    sources(fact.provenance ?? []),
  );
}

/** Entities as chips that open them. */
export function chips(entities, open, label) {
  if (!entities.length) return null;
  return h(
    "ul",
    { class: "chips", "aria-label": label },
    entities.map((entity) =>
      h(
        "li",
        {},
        h(
          "button",
          { class: `chip ${colourOf(entity.types)}`, type: "button", onclick: () => open(entity.uuid) },
          h("i", { "aria-hidden": "true" }),
          entity.name,
          entity.types?.[0] ? h("small", {}, entity.types[0]) : null,
        ),
      ),
    ),
  );
}

/** Placeholders while something is fetched. */
export function skeleton(count) {
  return h(
    "div",
    { class: "skeleton", role: "status" },
    h("span", { class: "unseen" }, "Looking…"),
    Array.from({ length: count }, () => h("div", { class: "bone", "aria-hidden": "true" }, h("i"), h("i"), h("i"))),
  );
}

/** A problem, with what can be done. */
export function trouble(problem, again) {
  const outside = problem.status === 0 || problem.status >= 500;
  return h(
    "div",
    { class: "card trouble", role: "alert" },
    h("h2", {}, outside ? "That did not work" : "That can’t be asked"),
    h("p", {}, problem.message),
    problem.requestId ? h("p", { class: "dim small" }, "Request ", h("code", {}, problem.requestId)) : null,
    again ? h("button", { class: "quiet", type: "button", onclick: again }, "Try again") : null,
  );
}
