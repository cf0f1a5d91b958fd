import { choice, h, percent, ramp, s, short, whole } from './elements.js';
import { Matrix, matrixPicture } from './matrix.js';

const MOST_LINES = 2000;
const TOP = 6;
const LARGE_TABLE = 64;

const labels = units => units.map(unit => unit.label);

export default {
  id: 'head', name: 'Head', explain: 'One head: how much each token (row) looks at each token (column). Point at a token, click to lock it.',
  selection: true,
  why: () => ({ question: 'How is the picture read?', answer: ['Each row is a token that asks, a query; its cells are the tokens it may look at, the keys. A row sums to 1, because the softmax runs over the keys. Colours show the root of the weight, so that small weights stay visible; the numbers are exact.'] }),

  show(root, app) {
    const { state } = app, body = h('div', {}), side = h('div', { class: 'side' }), readout = h('p', { class: 'readout' }), top = h('div', {}), note = h('p', { class: 'note' });
    side.append(h('h3', {}, 'Here'), readout, h('h3', {}, 'It looks most at'), top);
    root.append(h('div', { class: 'controls' }, choice('How it is drawn', [['matrix', 'Matrix', 'A cell for each pair of tokens'], ['lines', 'Lines', 'A line for each pair; stronger is more'], ['text', 'Text', 'The text, coloured by what the chosen token looks at']], state.mode, mode => app.set({ mode })), note),
      h('div', { class: 'columns' }, body, side));
    let queries = [], keys = [], bytes = null, row = -1, column = -1, drawn = '', part = null, locked = false;
    const key = () => [...Object.values(app.shape()), state.layer, state.head, state.mode].join();
    const title = () => `Layer ${state.layer}, head ${state.head}`;

    const choose = (t, i) => {
      row = t; column = i;
      app.set({ query: queries[t].places[0], key: keys[i].places[0] });
      read();
    };
    const read = async () => {
      const [t, i, now] = [row, column, key()];
      if (t < 0 || !queries[t]) return;
      const about = (bytes[t * keys.length + i] / 255) ** 2;
      readout.replaceChildren(h('span', {}, '“', h('b', { dir: 'auto' }, short(queries[t].label, 200)), '” looks at “', h('b', { dir: 'auto' }, short(keys[i].label, 200)), '” with ', h('b', { id: 'weight' }, about.toFixed(3))));
      const exact = await app.row(state.layer, state.head, t);
      if (row !== t || column !== i || key() !== now) return;
      readout.querySelector('#weight').textContent = exact[i].toFixed(6);
      const best = [...exact.keys()].sort((a, b) => exact[b] - exact[a]).slice(0, TOP), sum = exact.reduce((a, b) => a + b, 0);
      top.replaceChildren(h('div', { class: 'bars' }, best.map(place => {
        const bar = h('i', {});
        bar.style.width = `${100 * exact[place]}%`;
        return [h('span', {}, short(keys[place].label, 160)), h('span', { class: 'bar' }, bar), h('span', {}, percent(exact[place]))];
      })), h('p', { class: 'note' }, `The row sums to ${sum.toFixed(3)}${!state.special && sum < 0.999 ? '; the rest goes to special tokens, which are hidden' : ''}.`));
      app.say(`${queries[t].label} looks at ${keys[i].label} with ${exact[i].toFixed(3)}.`);
    };

    const draw = async () => {
      const now = key();
      const loaded = await app.head(state.layer, state.head);
      if (now !== key()) return;
      queries = app.units('queries'); keys = app.units('keys'); bytes = loaded;
      if (!queries.length || !keys.length) { body.replaceChildren(h('p', { class: 'empty' }, 'All tokens are special: tick “special tokens” to see them.')); return; }
      row = app.chosen('queries'); column = app.chosen('keys');
      if (!part || drawn.split(',').pop() !== state.mode) {
        body.replaceChildren();
        part = state.mode === 'lines' ? lines() : state.mode === 'text' ? reading() : matrix();
      }
      drawn = now;
      note.textContent = '';
      part.draw();
      root.dataset.drawn = `head ${now}`;
      await read();
      prefetch();
    };
    const prefetch = () => {
      const { layers, heads } = app.attention();
      for (const [layer, head] of [[state.layer, (state.head + 1) % heads], [state.layer, (state.head + heads - 1) % heads], [(state.layer + 1) % layers, state.head]]) app.head(layer, head).catch(() => {});
    };

    const matrix = () => {
      const grid = new Matrix(body, title(), choose, app);
      return { draw: () => { grid.row = row; grid.column = column; grid.show(labels(queries), labels(keys), bytes, `${title()}: ${queries.length} by ${keys.length} weights`); }, mark: () => grid.mark(row, column) };
    };

    const lines = () => {
      const canvas = h('canvas', { tabindex: 0, role: 'img', 'aria-label': 'Lines from the tokens that look (left) to the tokens looked at (right); arrow keys choose a token' });
      body.append(h('div', { class: 'scroll' }, canvas));
      const step = () => queries.length > 60 ? 14 : 24;
      const mark = () => {
        const gap = step(), height = Math.max(queries.length, keys.length) * gap + 10, width = 560, ratio = devicePixelRatio || 1, palette = app.palette(), context = canvas.getContext('2d');
        canvas.width = width * ratio; canvas.height = Math.min(16000, height * ratio); canvas.style.width = `${width}px`; canvas.style.height = `${height}px`;
        context.setTransform(ratio, 0, 0, Math.min(ratio, 16000 / height), 0, 0);
        const all = [];
        for (let t = 0; t < queries.length; t++) if (!locked || t === row) for (let i = 0; i < keys.length; i++) { const b = bytes[t * keys.length + i]; if (b > 8) all.push([b, t, i]); }
        const count = all.length;
        all.sort((a, b) => b[0] - a[0]).splice(MOST_LINES);
        note.textContent = `Showing ${whole(all.length)} of ${whole((locked ? 1 : queries.length) * keys.length)} lines${count > all.length ? ', the strongest' : ''}.${locked ? ' Locked: click the token again to see all.' : ''}`;
        for (const [b, t, i] of all.reverse()) {
          context.strokeStyle = `rgba(${palette.rgb}, ${(b / 255) ** 1.5 * (t === row ? 1 : 0.55)})`;
          context.lineWidth = t === row ? 2.5 : 1.5;
          context.beginPath(); context.moveTo(170, t * gap + gap / 2 + 4); context.bezierCurveTo(280, t * gap + gap / 2 + 4, 280, i * gap + gap / 2 + 4, 390, i * gap + gap / 2 + 4); context.stroke();
        }
        context.textBaseline = 'middle'; context.fillStyle = palette.ink;
        for (const [units, x, align] of [[queries, 160, 'right'], [keys, 400, 'left']]) units.forEach((unit, t) => {
          context.font = `${units === queries && t === row ? '600 ' : ''}${gap > 20 ? 13 : 11}px system-ui, sans-serif`;
          context.textAlign = align;
          context.fillText(short(unit.label, 150), x, t * gap + gap / 2 + 4);
        });
      };
      const at = event => Math.floor((event.clientY - canvas.getBoundingClientRect().top - 4) / step());
      const pick = t => { if (t >= 0 && t < queries.length) { choose(t, column); mark(); } };
      canvas.onpointermove = event => { if (!locked && at(event) !== row) pick(at(event)); };
      canvas.onclick = event => { const t = at(event); locked = !(locked && t === row); pick(t); mark(); };
      canvas.onkeydown = event => {
        const to = { ArrowUp: row - 1, ArrowDown: row + 1, Home: 0, End: queries.length - 1 }[event.key];
        if (event.key === 'Enter') { locked = !locked; mark(); } else if (to === undefined) return; else pick(to);
        event.preventDefault();
      };
      return { draw: mark, mark };
    };

    const reading = () => {
      const text = h('p', { class: 'reading', dir: 'auto' });
      body.append(text);
      const paintIt = async () => {
        const t = row, weights = await app.row(state.layer, state.head, t), palette = app.palette();
        if (t !== row) return;
        const same = app.textOf('queries') === app.textOf('keys');
        [...text.querySelectorAll('[data-i]')].forEach(button => {
          const share = Math.sqrt(weights[button.dataset.i]);
          button.style.background = ramp(palette, share); button.style.color = share > 0.55 ? palette.paper : palette.ink;
          button.setAttribute('aria-pressed', String(same && Number(button.dataset.i) === t));
          button.title = `${weights[button.dataset.i].toFixed(4)}`;
        });
      };
      return {
        draw() {
          const same = app.textOf('queries') === app.textOf('keys');
          note.textContent = same ? 'Point at a word: the colours show what it looks at.' : 'Choose a word of the target by the arrows in Matrix; the colours show what it looks at in the source.';
          text.replaceChildren(...keys.flatMap((unit, i) => [h('button', { type: 'button', 'data-i': i, onpointerenter: () => { if (same && !locked) { choose(i, i); paintIt(); } }, onfocus: () => { if (same) { choose(i, i); paintIt(); } }, onclick: () => { locked = !locked; if (same) { choose(i, i); paintIt(); } } }, unit.label), ' ']));
          paintIt();
        },
        mark: paintIt,
      };
    };

    return {
      ready: draw(),
      update() {
        if (key() !== drawn) return draw();
        const [t, i] = [app.chosen('queries'), app.chosen('keys')];
        if (t !== row || i !== column) { row = t; column = i; part?.mark(); return read(); }
      },
      async table(all) {
        const header = ['query', ...(all ? ['query_token', 'key', 'key_token', 'weight'] : labels(keys))];
        if (all) {
          const rows = [];
          for (let t = 0; t < queries.length; t++) { const exact = queries.length <= LARGE_TABLE ? await app.row(state.layer, state.head, t) : null; for (let i = 0; i < keys.length; i++) rows.push([t, queries[t].label, i, keys[i].label, exact ? exact[i] : (bytes[t * keys.length + i] / 255) ** 2]); }
          return { header, rows };
        }
        if (queries.length > LARGE_TABLE) {
          const exact = await app.row(state.layer, state.head, row);
          return { header: ['key', 'token', 'weight'], rows: keys.map((unit, i) => [i, unit.label, exact[i]]), note: `The row of “${queries[row].label}”. All rows are in the CSV.` };
        }
        const rows = await Promise.all(queries.map(async (unit, t) => [unit.label, ...await app.row(state.layer, state.head, t)]));
        return { header, rows, note: 'Rows look, columns are looked at; each row sums to 1.' };
      },
      picture: palette => matrixPicture(`${title()} (${state.model}): rows look at columns`, labels(queries), labels(keys), bytes, palette),
    };
  },
};
