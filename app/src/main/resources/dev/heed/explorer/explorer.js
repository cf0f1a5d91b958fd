import { byId, h, whole } from './elements.js';
import { exportAs, tableOf } from './exports.js';
import { presets } from './presets.js';
import * as server from './server.js';
import { read, write } from './state.js';
import ablation from './ablation.js';
import alignment from './alignment.js';
import anatomy from './anatomy.js';
import context from './context.js';
import grid from './grid.js';
import head from './head.js';
import map from './map.js';
import next from './next.js';
import positions from './positions.js';
import tokens from './tokens.js';
import training from './training.js';

const views = [map, tokens, grid, head, anatomy, context, next, positions, alignment, ablation, training];
const state = read();
let cache = new Map();
let shown = null;
let runs = 0;
let units = {};

/** What the views share. */
export const app = {
  state, models: [], model: null, run: null,

  /** Changes what is looked at. */
  set(changes) {
    const changed = Object.keys(changes).filter(name => state[name] !== changes[name]);
    if (!changed.length) return;
    Object.assign(state, changes);
    if (changed.includes('kind') || changed.includes('layer') || changed.includes('head')) settle();
    write(state);
    if (changed.includes('view')) return show();
    // Pointing at cells comes many times a second.
    if (changed.some(name => !['query', 'key', 'step'].includes(name))) selection();
    refresh(changed);
  },

  /** The attention that is looked at: its kind and how many layers and heads it has. */
  attention() {
    const all = app.run?.attentions ?? [];
    return all.find(one => one.kind === state.kind) ?? all.find(one => one.kind === 'cross_attentions') ?? all[0];
  },

  textOf(side, kind = app.attention()?.kind ?? '') {
    const { source, target } = app.run;
    if (!target || kind.startsWith('encoder')) return source;
    return side === 'queries' || kind.startsWith('decoder') ? target : source;
  },

  /** What the rows (`queries`) or columns (`keys`) of a picture stand for. */
  units(side, kind) {
    const text = app.textOf(side, kind), key = `${text === app.run.target} ${state.words} ${state.special}`;
    if (units.run !== app.run) units = { run: app.run };
    return units[key] ??= text.words.filter(word => state.special || !text.tokens[word[0]][5]).flatMap(word => state.words
      ? [{ label: word.map(place => text.tokens[place][2]).join(''), places: word, special: text.tokens[word[0]][5] }]
      : word.map(place => ({ label: text.tokens[place][2], places: [place], special: text.tokens[place][5] })));
  },

  /** The unit that holds the chosen token; the first one if none does. */
  chosen(side, kind) {
    const place = side === 'queries' ? state.query : state.key;
    return Math.max(0, app.units(side, kind).findIndex(unit => unit.places.includes(place)));
  },

  shape: () => ({ run: app.run.run, kind: app.attention().kind, words: Number(state.words), special: Number(state.special) }),

  /** Keeps an answer as long as the run is the same. */
  once(key, make) {
    if (!cache.has(key)) {
      const promise = make();
      cache.set(key, promise);
      promise.catch(() => cache.delete(key));
      if (cache.size > 400) cache.delete(cache.keys().next().value);
    }
    return cache.get(key);
  },

  thumbnails: () => { const shape = app.shape(); return app.once('thumbnails' + Object.values(shape), () => server.bytes('thumbnails', shape)); },
  head: (layer, number) => { const shape = { ...app.shape(), layer, head: number }; return app.once('head' + Object.values(shape), () => server.bytes('head', shape)); },
  row: (layer, number, query) => { const shape = { ...app.shape(), layer, head: number, query }; return app.once('row' + Object.values(shape), () => server.floats('row', shape)); },

  palette(print = false) {
    const element = document.documentElement, before = element.dataset.theme;
    if (print) element.dataset.theme = 'light';
    const css = getComputedStyle(element), get = name => css.getPropertyValue(name).trim();
    const rgb = get('--hue').split(',').map(Number), paper = get('--paper').replace(/^#(.)(.)(.)$/, '#$1$1$2$2$3$3');
    const palette = { paper, paperRgb: [1, 3, 5].map(i => parseInt(paper.slice(i, i + 2), 16)), ink: get('--ink'), faint: get('--faint'), line: get('--line'), soft: get('--soft'), rgb, hue: `rgb(${rgb})` };
    if (print) element.dataset.theme = before;
    return palette;
  },

  /** Tells those who do not see the picture. */
  say(text) { clearTimeout(app.telling); app.telling = setTimeout(() => { byId('live').textContent = text; }, 150); },

  problem(failure) {
    if (failure?.name === 'AbortError') return;
    byId('problem').hidden = !failure;
    byId('problem').textContent = failure ? String(failure.message ?? failure) : '';
  },

  busy(text) { byId('busy').hidden = !text; byId('busy').textContent = text ?? ''; },
  look, openModel,
};

/** Keeps layer and head inside of what there is. */
function settle() {
  const attention = app.attention();
  if (!attention) return;
  state.layer = (state.layer + attention.layers) % attention.layers;
  state.head = (state.head + attention.heads) % attention.heads;
  if (Number.isNaN(state.layer)) state.layer = 0;
}

function selection() {
  const attention = app.attention();
  byId('selection').hidden = !attention || !current().selection;
  if (!attention) return;
  byId('layer').textContent = `Layer ${state.layer} (0–${attention.layers - 1})`;
  byId('head').textContent = `Head ${state.head} (0–${attention.heads - 1})`;
  byId('words').checked = state.words;
  byId('special').checked = state.special;
  const kinds = app.run.attentions;
  byId('kind-field').hidden = kinds.length < 2;
  byId('kind').replaceChildren(...kinds.map(one => h('option', { value: one.kind }, ({ encoder_attentions: 'encoder', decoder_attentions: 'decoder', cross_attentions: 'decoder → encoder' })[one.kind] ?? one.kind)));
  byId('kind').value = attention.kind;
}

const current = () => views.find(view => view.id === state.view) ?? grid;

function tabs() {
  byId('tabs').replaceChildren(...views.map(view => h('button', { type: 'button', role: 'tab', id: `tab-${view.id}`, 'aria-controls': 'panel',
    'aria-selected': String(view === current()), tabindex: view === current() ? 0 : -1, title: view.explain, onclick: () => app.set({ view: view.id }) }, view.name)));
}

/** Shows the view in force from nothing. */
function show() {
  const view = current();
  for (const tab of byId('tabs').children) {
    const on = tab.id === `tab-${view.id}`;
    tab.setAttribute('aria-selected', String(on));
    tab.tabIndex = on ? 0 : -1;
    if (on) tab.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }
  byId('view-title').textContent = view.name;
  byId('view-explain').textContent = view.explain;
  app.problem(null);
  selection();
  shown?.close?.();
  shown = null;
  byId('view').replaceChildren();
  delete byId('view').dataset.drawn;
  const missing = !app.run && view.needsRun !== false ? 'nothing' : view.missing?.(app);
  document.querySelector('.tools').hidden = Boolean(missing);
  byId('why').hidden = !view.why || Boolean(missing);
  if (missing) {
    byId('table').hidden = true;
    byId('view').append(missing === 'nothing' ? h('p', { class: 'empty' }, 'Type a text above and press “Look”.') : missing);
    return;
  }
  try {
    shown = view.show(byId('view'), app);
    follow(shown.ready);
  } catch (failure) {
    app.problem(failure);
  }
  explain();
  table();
}

let followed = 0;
/** Says that something is computed when it takes a moment. */
function follow(work) {
  if (!work?.then) return;
  const mine = ++followed, timer = setTimeout(() => { if (mine === followed) app.busy('The model computes …'); }, 300);
  work.catch(app.problem).finally(() => { clearTimeout(timer); if (mine === followed) app.busy(null); });
}

function refresh(changed) {
  if (!shown) return;
  try {
    follow(shown.update(changed));
  } catch (failure) {
    app.problem(failure);
  }
  explain();
  table();
}

function explain() {
  const why = current().why?.(app);
  if (!why) return;
  byId('why').firstElementChild.textContent = why.question;
  byId('why').lastElementChild.replaceChildren(...[why.answer].flat().map(paragraph => h('p', {}, paragraph)));
}

let tabled = 0;
async function table() {
  const open = byId('as-table').getAttribute('aria-expanded') === 'true' && shown;
  byId('table').hidden = !open;
  if (!open) return;
  const mine = ++tabled;
  const data = await shown.table();
  if (mine === tabled) byId('table').replaceChildren(tableOf(data));
}
app.table = table;

async function openModel(name) {
  app.model = await server.json('model', { model: name });
  state.model = app.model.name;
  byId('model').value = app.model.name;
  byId('target-field').hidden = app.model.kind !== 'ENCODER_DECODER';
}

/** Runs the model on the text. */
async function look() {
  const mine = ++runs;
  app.problem(null);
  app.busy(`${state.model || 'The model'} reads the text …`);
  try {
    if (!app.model || app.model.name !== state.model) await openModel(state.model);
    const answer = await server.post('run', { model: state.model }, state.text + '\u001e' + state.target);
    if (mine !== runs) return false;
    app.run = answer;
    cache = new Map();
    settle();
    const attention = app.attention();
    for (const [name, side] of [['query', 'queries'], ['key', 'keys']]) {
      const { tokens } = app.textOf(side);
      state[name] = Math.min(state[name] >= 0 ? state[name] : Math.max(0, tokens.findIndex(token => !token[5])), tokens.length - 1);
    }
    if (attention && state.kind && attention.kind !== state.kind) state.kind = '';
    write(state);
    app.busy(null);
    show();
    app.say(`${whole(answer.source.tokens.length)} tokens, ${attention?.layers} layers of ${attention?.heads} heads.`);
    return true;
  } catch (failure) {
    if (mine !== runs) return false;
    app.busy(null);
    app.problem(failure);
    if (!app.run) show();
    return false;
  }
}

async function openPreset(preset) {
  if (!preset) return;
  byId('question').hidden = false;
  byId('question').textContent = preset.note;
  byId('text').value = preset.set.text ?? state.text;
  const wanted = preset.set.model ?? (app.model?.kind === 'ENCODER_DECODER' ? app.models[0] : state.model);
  Object.assign(state, { off: '', hide: '', kind: '', target: '', query: -1, key: -1 }, preset.set, { model: app.models.includes(wanted) ? wanted : state.model });
  byId('target').value = state.target;
  if (await look() && preset.choose) {
    try { await preset.choose(app, server); } catch (failure) { app.problem(failure); }
  }
}

function theme(choice) {
  const dark = choice ? choice === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  document.documentElement.dataset.theme = dark ? 'dark' : 'light';
  byId('theme').textContent = dark ? 'Light' : 'Dark';
}

function help() {
  const dialog = byId('help-dialog');
  dialog.replaceChildren(h('h2', { id: 'help-title' }, 'How to look'),
    h('p', {}, 'The model reads the text in layers. In each layer every head lets each token look at the others; what it gathers becomes part of the token’s new vector.'),
    h('dl', {}, [['[  ]', 'layer before, next layer'], [',  .', 'head before, next head'], ['/', 'to the text'], ['?', 'this help'], ['arrows', 'move in a picture; Home, End, Page up and down go further'], ['Enter', 'in a picture: lock the chosen token, or let it go']]
      .flatMap(([key, what]) => [h('dt', {}, key.split('  ').map(one => [h('kbd', {}, one), ' '])), h('dd', {}, what)])),
    h('dl', {}, views.flatMap(view => [h('dt', {}, view.name), h('dd', {}, view.explain)])),
    h('form', { method: 'dialog' }, h('button', { class: 'primary' }, 'Close')));
  dialog.showModal();
}

function keys(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || byId('help-dialog').open) return;
  if (event.target.matches('input:not([type=checkbox]):not([type=range]), textarea, select')) return;
  const act = {
    '[': () => app.set({ layer: state.layer - 1 }), ']': () => app.set({ layer: state.layer + 1 }),
    ',': () => app.set({ head: state.head - 1 }), '.': () => app.set({ head: state.head + 1 }),
    '/': () => byId('text').focus(), '?': help,
  }[event.key];
  if (act && (app.run || '/?'.includes(event.key))) { act(); event.preventDefault(); }
}

function listen() {
  const grow = area => { area.rows = Math.min(6, Math.max(1, Math.ceil(area.value.length / 90), area.value.split('\n').length)); };
  const submit = () => { state.text = byId('text').value; state.target = byId('target').value; byId('question').hidden = true; byId('preset').value = ''; state.query = -1; state.key = -1; state.off = ''; state.hide = ''; look(); };
  byId('ask').onsubmit = event => { event.preventDefault(); submit(); };
  for (const area of [byId('text'), byId('target')]) {
    area.oninput = () => grow(area);
    area.onkeydown = event => { if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) { event.preventDefault(); submit(); } };
  }
  byId('text').value = state.text; byId('target').value = state.target; grow(byId('text'));
  byId('model').onchange = event => { state.model = event.target.value; state.kind = ''; state.target = ''; byId('target').value = ''; look(); };
  byId('preset').onchange = event => openPreset(presets[Number(event.target.value)]);
  byId('kind').onchange = event => app.set({ kind: event.target.value, query: 1, key: 1 });
  byId('layer-down').onclick = () => app.set({ layer: state.layer - 1 }); byId('layer-up').onclick = () => app.set({ layer: state.layer + 1 });
  byId('head-down').onclick = () => app.set({ head: state.head - 1 }); byId('head-up').onclick = () => app.set({ head: state.head + 1 });
  byId('words').onchange = event => app.set({ words: event.target.checked });
  byId('special').onchange = event => app.set({ special: event.target.checked });
  byId('theme').onclick = () => { const to = document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark'; localStorage.setItem('heed-theme', to); theme(to); show(); };
  byId('help').onclick = help;
  byId('as-table').onclick = event => { const to = event.currentTarget.getAttribute('aria-expanded') !== 'true'; event.currentTarget.setAttribute('aria-expanded', String(to)); table(); };
  for (const button of document.querySelectorAll('[data-export]')) button.onclick = () => exportAs(button.dataset.export, current(), shown, app).catch(app.problem);
  byId('tabs').onkeydown = event => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const at = views.indexOf(current());
    app.set({ view: views[(at + step + views.length) % views.length].id });
    byId(`tab-${state.view}`).focus();
    event.preventDefault();
  };
  document.addEventListener('keydown', keys);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => { theme(localStorage.getItem('heed-theme')); show(); });
}

async function start() {
  theme(localStorage.getItem('heed-theme'));
  tabs();
  byId('preset').append(h('option', { value: '' }, 'A question …'), ...presets.map((preset, i) => h('option', { value: String(i) }, preset.name)));
  listen();
  try {
    app.models = (await server.json('models', {})).models;
    byId('model').append(...app.models.map(name => h('option', { value: name }, name)));
    if (!app.models.includes(state.model)) state.model = app.models[0];
    byId('model').value = state.model;
    await look();
  } catch (failure) {
    app.problem(failure);
  }
  document.documentElement.dataset.ready = 'true';
}

start();
