// Whether the graph answers and what the consumers do, looked at every few seconds while the page is seen.

import * as api from "./api.js";
import { byId, h } from "./dom.js";

const EVERY_MS = 5_000;

const lagOf = (pod) => (pod.state.partitions ?? []).reduce((sum, each) => sum + (each.lag ?? 0), 0);

function summed(status) {
  if (!status.graph) return { kind: "bad", text: "graph away" };
  const up = status.pods.filter((pod) => pod.is_reachable);
  if (!status.pods.length) return { kind: "good", text: "graph connected" };
  if (!up.length) return { kind: "warn", text: "consumers silent" };
  const lag = up.reduce((sum, pod) => sum + lagOf(pod), 0);
  const halted = up.find((pod) => pod.state.halted);
  if (halted) return { kind: "bad", text: "intake halted" };
  const all = up.length === status.pods.length;
  const name = `${up.length} ${up.length === 1 ? "consumer" : "consumers"}`;
  return { kind: all ? "good" : "warn", text: lag ? `${name}, ${lag.toLocaleString("en")} behind` : `${name}, up to date` };
}

function podCard(pod) {
  if (!pod.is_reachable) {
    return h("article", { class: "pod" }, h("h3", {}, pod.address), h("p", { class: "wrong" }, `silent: ${pod.why}`));
  }
  const { state } = pod;
  const stages = state.stages ?? [];
  const written = state.outcomes?.written ?? 0;
  return h(
    "article",
    { class: "pod" },
    h("h3", {}, pod.address, h("span", { class: "tag" }, state.state ?? "")),
    h(
      "p",
      { class: "dim small" },
      `${(state.partitions ?? []).length} partitions · ${lagOf(pod)} behind · ${written} written` +
        (state.halted ? ` · halted: ${state.halted}` : ""),
    ),
    h(
      "table",
      {},
      h("thead", {}, h("tr", {}, ["stage", "done", "in flight", "queued"].map((name) => h("th", { scope: "col" }, name)))),
      h(
        "tbody",
        {},
        stages.map((stage) =>
          h("tr", {}, h("th", { scope: "row" }, stage.name), [stage.done, stage.in_flight, stage.queued].map((value) => h("td", {}, String(value)))),
        ),
      ),
    ),
  );
}

export class Live {
  constructor(onDenied) {
    this.onDenied = onDenied;
    this.button = byId("live");
    this.panel = byId("live-panel");
    this.button.addEventListener("click", () => this.toggle());
    document.addEventListener("visibilitychange", () => !document.hidden && this.look());
    document.addEventListener("pointerdown", (event) => {
      if (!this.panel.hidden && !this.panel.contains(event.target) && !this.button.contains(event.target)) this.toggle(false);
    });
  }

  toggle(shown = this.panel.hidden) {
    this.panel.hidden = !shown;
    this.button.setAttribute("aria-expanded", String(shown));
  }

  get isOpen() {
    return !this.panel.hidden;
  }

  start() {
    this.look();
    setInterval(() => !document.hidden && this.look(), EVERY_MS);
  }

  async look() {
    try {
      const status = await api.status();
      const { kind, text } = summed(status);
      this.tell(kind, text);
      byId("foot").textContent = `episodes ${status.version} · ${status.embedder}`;
      this.panel.replaceChildren(
        h("p", {}, status.graph ? "The graph answers." : `The graph does not answer: ${status.why}`),
        h("p", { class: "dim small" }, `topic ${status.topic} · consumer group ${status.consumer_group}`),
        ...(status.pods.length
          ? status.pods.map(podCard)
          : [h("p", { class: "dim small" }, "No consumers are named: EPISODES_SERVE__PODS has their health addresses.")]),
      );
    } catch (problem) {
      if (problem.status === 401) this.tell("warn", "token needed");
      else this.tell("bad", problem.status === 0 ? "server away" : "no state");
      this.panel.replaceChildren(h("p", {}, problem.message));
    }
  }

  tell(kind, text) {
    if (this.button.dataset.kind === kind && byId("live-text").textContent === text) return;
    this.button.dataset.kind = kind;
    byId("live-text").textContent = text;
  }
}
