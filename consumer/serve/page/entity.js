// The panel of one entity: what it is, its timeline and what is around it, at the day we look at.

import * as api from "./api.js";
import { colourOf, h } from "./dom.js";
import { skeleton, trouble } from "./facts.js";
import { neighbourhoodPicture } from "./graph.js";
import { lookAt, timelinePicture } from "./timeline.js";
import { dayText } from "./time.js";

const TIMELINE_FACTS = 100;
const NEIGHBOURS = 60;

export class EntityPanel {
  /** `view` tells group, range, instant (milliseconds) and its text for the API (null: now); `open` opens another. */
  constructor(place, view, open, close) {
    this.place = place;
    this.view = view;
    this.open = open;
    this.close = close;
    this.uuid = null;
    this.depth = 1;
  }

  /** Show an entity; the panel is focused, so that a keyboard goes on from there. */
  async show(uuid, { focus = true } = {}) {
    this.uuid = uuid;
    this.place.hidden = false;
    this.place.replaceChildren(skeleton(2));
    if (focus) {
      this.place.focus({ preventScroll: true });
      if (matchMedia("(max-width: 900px)").matches) this.place.scrollIntoView({ block: "start", behavior: motion() });
    }
    try {
      const { group } = this.view();
      const [entity, timeline] = await Promise.all([
        api.entity(group, uuid),
        api.timeline(group, uuid, { limit: TIMELINE_FACTS }),
      ]);
      if (this.uuid !== uuid) return;
      this.entity = entity;
      this.timeline = timeline;
      this.draw();
      await this.around();
    } catch (problem) {
      if (this.uuid === uuid) this.place.replaceChildren(this.head("", []), trouble(problem, () => this.show(uuid)));
    }
  }

  hide() {
    this.uuid = null;
    this.place.hidden = true;
    this.place.replaceChildren();
  }

  /** Another day: the line moves at once, the neighbourhood is asked anew. */
  look(at) {
    lookAt(this.picture, at);
  }

  head(name, types) {
    return h(
      "header",
      { class: "entity-head" },
      h("i", { class: `disc ${colourOf(types)}`, "aria-hidden": "true" }),
      h("div", {}, h("h2", {}, name), types[0] ? h("p", { class: "kind" }, types.join(", ")) : null),
      h("button", { class: "icon close", type: "button", "aria-label": "Close", title: "Close (Esc)", onclick: this.close }, "×"),
    );
  }

  draw() {
    const { entity, timeline } = this;
    const { range, at } = this.view();
    const width = Math.max(260, Math.floor(this.place.clientWidth - 40));
    this.picture = timelinePicture(timeline, { range, at, width, open: this.open });
    this.ring = h("div", { class: "ring" }, skeleton(1));
    this.ringTitle = h("h3", {}, "Around it");
    const facts = `${entity.facts} ${entity.facts === 1 ? "fact" : "facts"}`;
    const episodes = `${entity.episodes} ${entity.episodes === 1 ? "episode" : "episodes"}`;
    const attributes = Object.entries(entity.attributes);
    const depth = h(
      "label",
      { class: "depth" },
      h("input", {
        type: "checkbox",
        checked: this.depth === 2,
        onchange: (event) => {
          this.depth = event.target.checked ? 2 : 1;
          this.around();
        },
      }),
      h("span", {}, "two steps"),
    );
    this.place.replaceChildren(
      this.head(entity.name, entity.types),
      h("p", { class: "dim small" }, `${facts} · ${episodes}`),
      entity.summary ? h("p", { class: "summary" }, entity.summary) : "",
      attributes.length
        ? h("dl", { class: "attributes" }, attributes.map(([name, value]) => [h("dt", {}, name), h("dd", {}, String(value))]))
        : "",
      h("h3", {}, "Timeline"),
      h("div", { class: "scroll" }, this.picture),
      timeline.next_offset ? h("p", { class: "dim small" }, `The first ${TIMELINE_FACTS} facts.`) : "",
      h("div", { class: "ring-head" }, this.ringTitle, depth),
      this.ring,
    );
  }

  /** Ask what is around the entity at the day we look at. */
  async around() {
    if (this.uuid === null || !this.ring) return;
    const uuid = this.uuid;
    this.asking?.abort();
    this.asking = new AbortController();
    const { group, asOf, at } = this.view();
    try {
      const found = await api.neighbourhood(
        group,
        uuid,
        { depth: this.depth, limit: NEIGHBOURS, as_of: asOf },
        this.asking.signal,
      );
      if (this.uuid !== uuid) return;
      const width = Math.max(260, Math.floor(this.place.clientWidth - 40));
      this.ringTitle.textContent = asOf ? `Around it on ${dayText(at)}` : "Around it now";
      this.ring.replaceChildren(
        neighbourhoodPicture(found, { width, open: this.open }),
        h(
          "details",
          { class: "more" },
          h("summary", {}, `as a list (${found.facts.length})`),
          h("ul", { class: "plain" }, found.facts.map((fact) => h("li", {}, fact.sentence))),
        ),
      );
    } catch (problem) {
      if (problem.name !== "AbortError" && this.uuid === uuid) this.ring.replaceChildren(trouble(problem, () => this.around()));
    }
  }
}

export const motion = () => (matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth");
