"use strict";

// Fills the explorer of a report: the timeline, what is decided at a point of it, the projects, and the search.
// Everything that came from an index goes onto the page as a text node.

(() => {
  const started = performance.now();
  const explorer = document.getElementById("explorer");
  if (!explorer) return;
  const data = JSON.parse(document.getElementById("data").textContent);
  const label = data.labels;
  const byId = (id) => document.getElementById(id);

  const ROW = 32; // px, the height of .event
  const TURNS = new Set(["rejected", "conflicted", "rewound", "learned", "reprioritised", "finished"]);
  const DECISIONS = new Set([...TURNS, "decided"]);
  const PLACE = 0, KIND = 1, WORDS = 2, EFFECT = 3;

  // Words

  const counted = (number, noun) => `${number} ${label[number === 1 ? noun : `${noun}s`]}`;
  const plain = (words) => words.map((word) => (typeof word === "string" ? word : word[1])).join("");

  function put(parent, words) {
    for (const word of words) {
      if (typeof word === "string") {
        parent.append(word);
      } else {
        const part = document.createElement("bdi");
        part.className = data.roles[word[0]];
        part.textContent = word[1];
        parent.append(part);
      }
    }
    return parent;
  }

  function make(tag, className, text) {
    const element = document.createElement(tag);
    if (className) element.className = className;
    if (text !== undefined) element.textContent = text;
    return element;
  }

  // What is shown

  let run = null; // of data.runs
  let listed = []; // the events that the level and the search let through
  let at = 0; // the place in listed of the current event
  let asked = ""; // the search, in lower case

  const texts = new Map(); // a run's key: its events' words in lower case, made when first searched
  function textsOf(one) {
    if (!texts.has(one.key)) texts.set(one.key, one.events.map((event) => plain(event[WORDS]).toLowerCase()));
    return texts.get(one.key);
  }

  function choose() {
    const level = byId("level").value;
    const kinds = level === "turns" ? TURNS : DECISIONS;
    if (asked) {
      const words = textsOf(run);
      listed = run.events.filter((_, number) => words[number].includes(asked));
    } else {
      listed = level === "everything" ? run.events : run.events.filter((event) => kinds.has(event[KIND]));
    }
  }

  /** Choose anew and stay at the same place of the trail, or the next that is shown. */
  function filter() {
    const place = listed.length ? listed[at][PLACE] : 0;
    choose();
    go(Math.max(0, listed.findIndex((event) => event[PLACE] >= place)));
  }

  function go(number, reveal = true) {
    at = Math.min(Math.max(0, number), Math.max(0, listed.length - 1));
    showNow();
    showState();
    showCourse();
    if (reveal) revealRow();
    showRows();
  }

  function turn(step) {
    let number = at + step;
    while (listed[number] && !TURNS.has(listed[number][KIND])) number += step;
    if (listed[number]) go(number);
  }

  // The current event, and the buttons around it

  function showNow() {
    const event = listed[at];
    byId("now-place").textContent = event ? `${label.event} ${event[PLACE]} ${label.of} ${run.length}` : "";
    const words = byId("now-words");
    words.replaceChildren();
    if (event) put(words, event[WORDS]);
    else words.textContent = label.no_events;
    const position = byId("position");
    position.max = Math.max(0, listed.length - 1);
    position.value = at;
    position.setAttribute("aria-valuetext", event ? plain(event[WORDS]) : label.no_events);
    for (const id of ["first", "back", "turn-back"]) byId(id).disabled = at === 0;
    for (const id of ["last", "on", "turn-on"]) byId(id).disabled = at >= listed.length - 1;
  }

  // What is decided at a point

  function decidedBefore(place) {
    const decided = new Map();
    for (const event of run.events) {
      if (event[PLACE] >= place) break;
      apply(event, decided);
    }
    return decided;
  }

  function apply(event, decided) {
    if (event[KIND] === "decided" && event[EFFECT]) decided.set(event[EFFECT][0], event[EFFECT][1]);
    if (event[KIND] === "rewound") for (const name of event[EFFECT]) decided.delete(name);
  }

  function showState() {
    const list = byId("state");
    const event = listed[at];
    const before = event ? decidedBefore(event[PLACE]) : new Map();
    const now = new Map(before);
    if (event) apply(event, now);
    const added = event && event[KIND] === "decided" && event[EFFECT] ? event[EFFECT][0] : null;
    const rows = [...new Set([...now.keys(), ...before.keys()])].sort().map((name) => {
      const row = make("li", name === added ? "new" : now.has(name) ? "" : "gone");
      row.append(make("bdi", "package", name), " ", make("bdi", "version", now.get(name) ?? before.get(name)));
      return row;
    });
    byId("state-count").textContent = counted(now.size, "found_package");
    list.replaceChildren(...rows);
    const moved = list.querySelector(".new, .gone");
    if (moved) list.scrollTop = moved.offsetTop - list.offsetTop - list.clientHeight / 2;
  }

  // How many projects were decided over the course of the trail

  const courses = new Map();
  function courseOf(one) {
    if (!courses.has(one.key)) {
      const decided = new Map();
      const counts = one.events.map((event) => (apply(event, decided), decided.size));
      const step = Math.max(1, Math.ceil(counts.length / 1000));
      const points = [];
      for (let number = 0; number < counts.length; number += step) {
        const part = counts.slice(number, number + step);
        points.push([number, Math.max(...part)], [number, part[part.length - 1]]);
      }
      const top = Math.max(1, ...points.map((point) => point[1]));
      const across = (number) => ((number / Math.max(1, counts.length - 1)) * 1000).toFixed(1);
      const line = points.map(([number, count]) => `${across(number)} ${(62 - (count / top) * 58).toFixed(1)}`).join("L");
      courses.set(one.key, { line: `M${line}`, area: `M0 64L${line}L1000 64Z`, across });
    }
    return courses.get(one.key);
  }

  function showCourse() {
    const course = courseOf(run);
    const event = listed[at];
    byId("course-line").setAttribute("d", course.line);
    byId("course-area").setAttribute("d", course.area);
    const number = event ? run.events.indexOf(event) : 0;
    byId("course-now").setAttribute("d", `M${course.across(number)} 0V64`);
  }

  // The list of events: only the rows in view are in the document

  const pane = byId("events");
  const inner = byId("events-inner");

  function showRows() {
    inner.style.height = `${listed.length * ROW}px`;
    const first = Math.max(0, Math.floor(pane.scrollTop / ROW) - 8);
    const last = Math.min(listed.length, Math.ceil((pane.scrollTop + pane.clientHeight) / ROW) + 8);
    const rows = [];
    for (let number = first; number < last; number += 1) {
      const event = listed[number];
      const row = make("div", `event ${event[KIND]}`);
      row.id = `event-${number}`;
      row.setAttribute("role", "option");
      row.setAttribute("aria-selected", String(number === at));
      row.setAttribute("aria-setsize", String(listed.length));
      row.setAttribute("aria-posinset", String(number + 1));
      row.style.top = `${number * ROW}px`;
      row.append(make("span", "place", String(event[PLACE])), put(make("span", "words"), event[WORDS]));
      row.title = plain(event[WORDS]);
      rows.push(row);
    }
    inner.replaceChildren(...rows);
    if (listed.length) pane.setAttribute("aria-activedescendant", `event-${at}`);
    else pane.removeAttribute("aria-activedescendant");
  }

  function revealRow() {
    inner.style.height = `${listed.length * ROW}px`;
    const top = at * ROW;
    if (top < pane.scrollTop || top + ROW > pane.scrollTop + pane.clientHeight) {
      pane.scrollTop = top - pane.clientHeight / 2 + ROW;
    }
  }

  // Projects

  const rowsOf = new Map(); // a run's key: its table rows with their text, made when first shown

  function projectRows(one) {
    if (!rowsOf.has(one.key)) rowsOf.set(one.key, one.projects.map(projectRow));
    return rowsOf.get(one.key);
  }

  function projectRow(project) {
    const row = make("tr", "project");
    const button = make("button");
    button.type = "button";
    button.setAttribute("aria-expanded", "false");
    button.append(make("bdi", "package", project.name));
    const name = make("td");
    name.append(button);
    const version = make("td");
    if (project.version === null) version.append(make("span", "about", label.not_part));
    else version.append(make("bdi", "version", project.version));
    const file = make("td");
    if (project.file.length) file.textContent = [label[project.file[0]], project.file[2]].filter(Boolean).join(", ");
    const why = make("td");
    if (project.refused.length) put(why, [...range(project.refused[0][0]), " ", ...project.refused[0][1]]);
    row.append(name, version, file, make("td", "number", project.tried > 1 ? String(project.tried) : ""), why);
    let detail = null;
    button.addEventListener("click", () => {
      const open = button.getAttribute("aria-expanded") !== "true";
      button.setAttribute("aria-expanded", String(open));
      if (open) row.after((detail ??= projectDetail(project)));
      else detail.remove();
    });
    const text = [project.name, project.version ?? "", ...project.refused.flatMap((each) => [...each[0], plain(each[1])])];
    return { row, detail: () => (button.getAttribute("aria-expanded") === "true" ? detail : null), text: text.join(" ").toLowerCase() };
  }

  const versionRole = data.roles.indexOf("version");
  const range = (versions) =>
    versions.length > 2
      ? [[versionRole, versions[0]], " … ", [versionRole, versions[versions.length - 1]]]
      : versions.flatMap((version, number) => (number ? [", ", [versionRole, version]] : [[versionRole, version]]));

  function projectDetail(project) {
    const row = make("tr", "detail");
    const cell = make("td");
    cell.colSpan = 5;
    if (project.file.length) cell.append(make("bdi", "file", project.file[1]));
    if (project.asked.length) {
      const list = make("ul");
      for (const words of project.asked) list.append(put(make("li"), words));
      if (project.more) list.append(make("li", "about", `+ ${project.more}`));
      cell.append(make("h4", "", label.asked), list);
    }
    if (project.refused.length) {
      const list = make("ul");
      for (const [versions, words] of project.refused) {
        const item = make("li");
        versions.forEach((version, number) => item.append(number ? ", " : "", make("bdi", "version", version)));
        item.append(": ");
        list.append(put(item, words));
      }
      cell.append(make("h4", "", label.refused), list);
    }
    row.append(cell);
    return row;
  }

  function showProjects() {
    const found = projectRows(run).filter((each) => !asked || each.text.includes(asked));
    const rows = found.flatMap((each) => [each.row, each.detail()].filter(Boolean));
    byId("projects").tBodies[0].replaceChildren(...rows);
    byId("no-projects").hidden = found.length > 0;
    return found.length;
  }

  // Search

  function search() {
    asked = byId("search").value.trim().toLowerCase();
    byId("level").disabled = asked !== "";
    filter();
    const projects = showProjects();
    byId("found").textContent = asked
      ? `${counted(projects, "found_package")}, ${counted(listed.length, "found_event")}`
      : "";
  }

  let waiting = 0;
  byId("search").addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(search, 80);
  });
  byId("find").addEventListener("submit", (event) => {
    event.preventDefault();
    search();
  });

  // Runs

  function select(one) {
    run = one;
    for (const lane of document.querySelectorAll("a.lane")) {
      const own = lane.getAttribute("href").startsWith(`#trail:${one.key}#`);
      if (own) lane.setAttribute("aria-current", "true");
      else lane.removeAttribute("aria-current");
    }
    at = 0;
    listed = [];
    choose();
    go(0);
    showProjects();
  }

  function start() {
    const runs = byId("runs");
    for (const one of data.runs) {
      const choice = make("label");
      const radio = make("input");
      radio.type = "radio";
      radio.name = "run";
      radio.value = one.key;
      radio.checked = one.key === data.start;
      radio.addEventListener("change", () => {
        select(one);
        if (asked) search();
      });
      choice.append(radio, one.name);
      runs.append(choice);
    }
    runs.hidden = data.runs.length < 2;
    explorer.hidden = false;
    select(data.runs.find((one) => one.key === data.start));
    // On a narrow page a drawing begins at its project.
    for (const drawing of document.querySelectorAll("figure .scroll")) {
      const project = drawing.querySelector(".box.project");
      if (project) drawing.scrollLeft = Number(project.getAttribute("x")) - 8;
    }
  }

  // Links to events: #trail:uv@0.13.9#412

  function follow() {
    const link = /^#trail:(.+)#(\d+)$/.exec(decodeURIComponent(location.hash));
    const one = link && data.runs.find((each) => each.key === link[1]);
    if (!one) return;
    if (asked) {
      byId("search").value = "";
      search();
    }
    const radio = [...byId("runs").querySelectorAll("input")].find((each) => each.value === one.key);
    if (one !== run) {
      radio.checked = true;
      select(one);
    }
    const place = Number(link[2]);
    if (!listed.some((event) => event[PLACE] === place)) {
      byId("level").value = "everything";
      choose();
    }
    go(Math.max(0, listed.findIndex((event) => event[PLACE] >= place)));
    byId("timeline").scrollIntoView();
    pane.focus({ preventScroll: true });
  }

  // Keys and buttons

  const steps = {
    first: () => go(0),
    back: () => go(at - 1),
    on: () => go(at + 1),
    last: () => go(listed.length - 1),
    "turn-back": () => turn(-1),
    "turn-on": () => turn(1),
  };
  for (const [id, step] of Object.entries(steps)) byId(id).addEventListener("click", step);
  byId("position").addEventListener("input", (event) => go(Number(event.target.value)));
  byId("level").addEventListener("change", filter);
  pane.addEventListener("scroll", showRows, { passive: true });
  inner.addEventListener("click", (event) => {
    const row = event.target.closest(".event");
    if (row) go(Number(row.getAttribute("aria-posinset")) - 1, false);
  });
  byId("course").addEventListener("click", (event) => {
    const box = byId("course").getBoundingClientRect();
    const number = Math.round(((event.clientX - box.left) / box.width) * (run.events.length - 1));
    const place = run.events[number][PLACE];
    go(Math.max(0, listed.findIndex((each) => each[PLACE] >= place)));
  });

  const KEYS = { ArrowRight: "on", j: "on", ArrowLeft: "back", k: "back" };
  const LIST_KEYS = { ArrowDown: "on", ArrowUp: "back", Home: "first", End: "last" };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = event.target.closest("input:not([type=range]):not([type=radio]), select, textarea");
    if (event.key === "Escape" && event.target === byId("search")) {
      event.target.value = "";
      search();
      return;
    }
    if (typing || event.target.closest("[type=radio]")) return;
    if (event.key === "/") {
      event.preventDefault();
      byId("search").focus();
      return;
    }
    const step = KEYS[event.key] ?? (event.target === pane ? LIST_KEYS[event.key] : undefined);
    if (step && !event.target.closest(".scroll, pre")) {
      event.preventDefault();
      steps[step]();
    }
  });
  addEventListener("hashchange", follow);

  start();
  follow();
  document.documentElement.dataset.ready = (performance.now() - started).toFixed(0);
})();
