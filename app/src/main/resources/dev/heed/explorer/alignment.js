import { bars, h, percent, short } from './elements.js';
import { Matrix, matrixPicture } from './matrix.js';
import { offer } from './offer.js';

export default {
  id: 'alignment', name: 'Alignment', explain: 'Which words of the source the decoder looks at for each word that it writes (cross-attention).',
  selection: true,
  missing(app) {
    return app.run.target ? null : offer(app, `${app.state.model} has no decoder that reads a source. A small translator of numbers can show it: type “twenty-four thousand three hundred”.`, 'numbers');
  },
  why: () => ({ question: 'What does a row show?', answer: ['Each row is a place of the translation; what is looked at there helps to write the next token. So the row ▸, the token that begins every translation, is about the first word.', 'Not every head aligns words: some rest on the end of the source. Change layer and head to see.'] }),

  show(root, app) {
    const { state } = app, kind = 'cross_attentions';
    if (app.attention().kind !== kind) queueMicrotask(() => app.set({ kind }));
    const now = h('p', { class: 'readout' }), list = h('div', {}), slider = h('input', { type: 'range', min: 0, 'aria-label': 'Decoding step', title: 'Which token is being written', oninput: event => app.set({ step: Number(event.target.value) }) }), label = h('b', {});
    const left = h('div', {});
    root.append(h('div', { class: 'controls' }, h('label', {}, 'Step', slider, label)), h('div', { class: 'columns' }, left, h('section', { class: 'side' }, now, list)));
    const grid = new Matrix(left, 'Alignment', row => app.set({ step: row }), app);
    let bytes = null, queries = [], keys = [], drawn = '';
    const key = () => [...Object.values(app.shape()), state.layer, state.head].join();
    const step = async () => {
      const t = Math.min(state.step, queries.length - 1), row = await app.row(state.layer, state.head, t), place = queries[t].places.at(-1), says = app.run.outcomes[place]?.best ?? [];
      if (t !== Math.min(state.step, queries.length - 1)) return;
      slider.max = queries.length - 1; slider.value = t;
      label.textContent = `${t + 1} of ${queries.length}`;
      grid.mark(t, [...row.keys()].reduce((best, i) => row[i] > row[best] ? i : best, 0));
      now.replaceChildren('Behind “', h('b', {}, short(queries[t].label, 200)), '” it writes ', ...says.slice(0, 3).flatMap(([, text, share], i) => [i ? ', or ' : '', h('b', {}, `“${text}”`), ` (${percent(share)})`]), '; and looks at:');
      list.replaceChildren(bars(keys.map((unit, i) => ({ name: unit.label, share: row[i], note: percent(row[i]) }))));
      app.say(`Step ${t + 1}: writes ${says[0]?.[1] ?? ''}, looks most at ${keys[grid.column].label}.`);
    };
    const draw = async () => {
      const asked = key(), loaded = await app.head(state.layer, state.head);
      if (asked !== key()) return;
      bytes = loaded; drawn = asked; queries = app.units('queries'); keys = app.units('keys');
      grid.show(queries.map(one => one.label), keys.map(one => one.label), bytes, `Alignment: ${queries.length} by ${keys.length}`);
      await step();
    };
    return { ready: draw(), update: () => key() === drawn ? step() : draw(),
      async table() { const rows = await Promise.all(queries.map(async (unit, t) => [unit.label, app.run.outcomes[unit.places.at(-1)]?.best[0]?.[1] ?? '', ...await app.row(state.layer, state.head, t)])); return { header: ['behind', 'writes', ...keys.map(one => one.label)], rows }; },
      picture: palette => matrixPicture(`Alignment, layer ${state.layer}, head ${state.head} (${state.model})`, queries.map(one => one.label), keys.map(one => one.label), bytes, palette) };
  },
};
