// What is around an entity, as a picture: it in the middle, those one relation away on a ring, the next on another.
// The places are a function of the names: the same question gives the same picture.

import { colourOf, h, s, words } from "./dom.js";

const MOST = 26;

/** Places for the entities: rings by distance, then pushed apart until nothing touches. */
function placed(found, width, height) {
  const middle = { x: width / 2, y: height / 2 };
  const rings = new Map();
  for (const near of found) rings.set(near.distance, [...(rings.get(near.distance) ?? []), near]);
  const nodes = new Map();
  const farthest = Math.max(...rings.keys());
  for (const [distance, ring] of rings) {
    ring.forEach((near, place) => {
      const angle = (place / ring.length) * 2 * Math.PI - Math.PI / 2 + (distance - 1) * 0.35;
      const reach = distance === 0 ? 0 : distance === farthest ? 0.98 : (0.6 * distance) / (farthest - 1);
      nodes.set(near.entity.uuid, {
        ...near,
        x: middle.x + Math.cos(angle) * reach * (width / 2 - 60),
        y: middle.y + Math.sin(angle) * reach * (height / 2 - 34),
      });
    });
  }
  const list = [...nodes.values()];
  for (let round = 0; round < 120; round += 1) {
    for (let one = 0; one < list.length; one += 1) {
      for (let other = one + 1; other < list.length; other += 1) {
        const a = list[one];
        const b = list[other];
        const dx = (b.x - a.x) / 1.9;
        const dy = b.y - a.y;
        const far = Math.hypot(dx, dy) || 0.01;
        const least = 46;
        if (far < least) {
          const push = ((least - far) / far) * 0.3;
          if (a.distance > 0) {
            a.x -= dx * push;
            a.y -= dy * push;
          }
          if (b.distance > 0) {
            b.x += dx * push;
            b.y += dy * push;
          }
        }
      }
    }
    for (const node of list) {
      node.x = Math.min(width - 58, Math.max(58, node.x));
      node.y = Math.min(height - 30, Math.max(22, node.y));
    }
  }
  return nodes;
}

const short = (text, most) => (text.length <= most ? text : `${text.slice(0, most - 1).trimEnd()}…`);

/** The picture. `open` takes the uuid of an entity. */
export function neighbourhoodPicture(found, { width, open }) {
  const near = found.entities.slice(0, MOST);
  if (near.length < 2) return h("p", { class: "dim" }, "Nothing is connected with it at that time.");
  const height = Math.round(Math.min(480, Math.max(250, 160 + near.length * 20)));
  const nodes = placed(near, width, height);
  const pairs = new Map();
  for (const fact of found.facts) {
    if (!nodes.has(fact.subject_uuid) || !nodes.has(fact.object_uuid) || fact.subject_uuid === fact.object_uuid) continue;
    const key = [fact.subject_uuid, fact.object_uuid].sort().join(" ");
    const pair = pairs.get(key) ?? { a: nodes.get(fact.subject_uuid), b: nodes.get(fact.object_uuid), relations: new Set() };
    pair.relations.add(words(fact.relation));
    pairs.set(key, pair);
  }
  const lines = [];
  const notes = [];
  for (const pair of pairs.values()) {
    const near1 = pair.a.distance === 0 || pair.b.distance === 0;
    const told = [...pair.relations].join(", ");
    lines.push(
      s("line", { class: near1 ? "edge" : "edge far", x1: pair.a.x, y1: pair.a.y, x2: pair.b.x, y2: pair.b.y, "data-a": pair.a.entity.uuid, "data-b": pair.b.entity.uuid }, s("title", {}, told)),
    );
    const inner = pair.a.distance <= pair.b.distance ? pair.a : pair.b;
    const outer = inner === pair.a ? pair.b : pair.a;
    const x = inner.x + (outer.x - inner.x) * 0.62;
    const y = inner.y + (outer.y - inner.y) * 0.62;
    notes.push(
      s("text", { class: near1 && pairs.size <= 14 ? "why shown" : "why", x, y: y - 3, "text-anchor": "middle", "data-a": pair.a.entity.uuid, "data-b": pair.b.entity.uuid }, short(told, 26)),
    );
  }
  const picture = s("svg", {
    class: "graph",
    viewBox: `0 0 ${width} ${height}`,
    width,
    height,
    role: "group",
    "aria-label": `Neighbourhood of ${found.center.name}: ${near.length - 1} entities, ${found.facts.length} facts`,
  });
  const light = (uuid) => {
    for (const each of picture.querySelectorAll(".edge, .why")) {
      each.classList.toggle("lit", each.dataset.a === uuid || each.dataset.b === uuid);
    }
    picture.classList.toggle("lighting", uuid !== null);
  };
  const dots = [...nodes.values()].map((node) =>
    s(
      "g",
      {
        class: `node ${colourOf(node.entity.types)}${node.distance === 0 ? " centre" : ""}`,
        transform: `translate(${node.x} ${node.y})`,
        role: "button",
        tabindex: 0,
        "aria-label": `${node.entity.name}${node.entity.types[0] ? `, ${node.entity.types[0]}` : ""}`,
        onclick: () => open(node.entity.uuid),
        onkeydown: (event) => {
          if (event.key === "Enter" || event.key === " ") {
            event.preventDefault();
            open(node.entity.uuid);
          }
        },
        onmouseenter: () => light(node.entity.uuid),
        onmouseleave: () => light(null),
        onfocus: () => light(node.entity.uuid),
        onblur: () => light(null),
      },
      s("title", {}, node.entity.name),
      s("circle", { class: "halo", r: 16 }),
      s("circle", { class: "body", r: node.distance === 0 ? 10 : node.distance === 1 ? 7.5 : 5.5 }),
      s("text", { y: node.distance === 0 ? 26 : node.y < height / 2 - 20 ? -13 : 21, "text-anchor": "middle" }, short(node.entity.name, 20)),
    ),
  );
  picture.append(...lines, ...notes, ...dots);
  return picture;
}
