import { bars, barsPicture, h, percent } from './elements.js';
import * as server from './server.js';

const split = list => new Set(list ? list.split(',') : []);

function cosine(a, b) {
  let dot = 0, x = 0, y = 0;
  for (let i = 0; i < a.length; i++) { dot += a[i] * b[i]; x += a[i] ** 2; y += b[i] ** 2; }
  return dot / Math.sqrt(x * y || 1);
}

export default {
  id: 'ablation', name: 'Ablation', explain: 'Switch heads off, or hide a token from all others, and see what the model says then.',
  selection: true,
  why: () => ({ question: 'What happens when a head is cut?', answer: ['Its result is put to zero before the heads are joined; everything else is computed as it is. A head whose loss changes nothing may still matter on other texts, and others may do its work. A hidden token stays in the text, but nothing may look at it.'] }),

  show(root, app) {
    const { state } = app, heads = h('div', { class: 'toggles', role: 'group', 'aria-label': 'Heads' }), words = h('div', { class: 'tokens' }), result = h('div', {}), note = h('p', { class: 'note' });
    root.append(h('div', { class: 'controls' }, h('button', { type: 'button', title: 'Switch all heads of this layer off', onclick: () => layer() }, 'This layer off'), h('button', { type: 'button', title: 'All heads on, no token hidden', onclick: () => app.set({ off: '', hide: '' }) }, 'All on')),
      h('h3', {}, 'Tokens: click to hide'), words, h('div', { class: 'columns' }, h('section', {}, h('h3', {}, 'Heads (across) of each layer (down): click to switch off'), h('div', { class: 'scroll' }, heads)), h('section', { class: 'side' }, h('h3', {}, 'What the model says'), result, note)));
    let after = null, asked = null;
    const toggle = (name, value) => { const all = split(state[name]); if (!all.delete(value)) all.add(value); app.set({ [name]: [...all].join(',') }); };
    const layer = () => { const all = split(state.off), { kind, heads: count } = app.attention(), own = [...Array(count).keys()].map(head => `${kind}:${state.layer}:${head}`), on = own.some(one => !all.has(one)); own.forEach(one => on ? all.add(one) : all.delete(one)); app.set({ off: [...all].join(',') }); };
    const controls = () => {
      const { kind, layers, heads: count } = app.attention(), off = split(state.off), hidden = split(state.hide);
      heads.style.gridTemplateColumns = `max-content repeat(${count}, 1.9rem)`;
      const focused = document.activeElement?.dataset?.name;
      heads.replaceChildren(...[...Array(layers).keys()].flatMap(l => [h('small', {}, `Layer ${l} `), ...[...Array(count).keys()].map(n => { const name = `${kind}:${l}:${n}`; return h('button', { type: 'button', 'data-name': name, 'aria-pressed': String(off.has(name)), 'aria-label': `Layer ${l}, head ${n}${off.has(name) ? ': off' : ''}`, title: `Layer ${l}, head ${n}`, onclick: () => toggle('off', name) }, String(n)); })]));
      words.replaceChildren(...app.run.source.tokens.map(([, , shown], i) => h('button', { type: 'button', 'data-name': `t${i}`, class: 'token' + (hidden.has(String(i)) ? ' cut' : ''), 'aria-pressed': String(hidden.has(String(i))), onclick: () => toggle('hide', String(i)) }, shown)));
      if (focused) root.querySelector(`[data-name="${CSS.escape(focused)}"]`)?.focus();
    };
    const compute = async () => {
      controls();
      const wanted = asked = `${app.run.run} ${state.off} ${state.hide}`;
      const target = app.run.target?.tokens.slice(1).filter(token => !token[5]) ?? [];
      let answer = app.run;
      if (state.off || state.hide) {
        // The same translation is given to the decoder, so that places can be compared.
        const given = state.target || target.map(token => token[1].replace(/^[Ġ▁]/, ' ')).join('').trim();
        answer = await server.post('run', { model: state.model, off: state.off, hide: state.hide }, state.text + '\u001e' + given);
      }
      if (asked !== wanted) return;
      after = answer;
      show();
      app.table();
    };
    const rows = () => {
      if (!app.run.outcomes.length) { const same = cosine(app.run.vector, after.vector); return [{ name: 'vector of the text', share: Math.max(0, same), note: `cosine to before ${same.toFixed(4)}`, before: 1, after: same }]; }
      if (app.run.outcomes.length === 1) {
        const before = new Map(app.run.outcomes[0].best.map(([, text, share]) => [text, share])), now = new Map(after.outcomes[0].best.map(([, text, share]) => [text, share]));
        return [...new Set([...before.keys(), ...now.keys()])].map(name => ({ name, share: now.get(name) ?? 0, before: before.get(name) ?? 0, after: now.get(name) ?? 0, note: `${percent(before.get(name) ?? 0)} → ${now.has(name) ? percent(now.get(name)) : 'not among the first'}` })).sort((a, b) => b.after - a.after);
      }
      return app.run.outcomes.map(({ place, best }, i) => { const then = after.outcomes[i]?.best ?? [], mine = then.find(([id]) => id === best[0][0])?.[2] ?? 0; return { name: `${place} → ${then[0]?.[1] ?? ''}`, share: then[0]?.[2] ?? 0, before: best[0][2], after: mine, note: then[0]?.[0] === best[0][0] ? `${percent(best[0][2])} → ${percent(mine)}` : `was “${best[0][1]}”` }; });
    };
    const show = () => {
      result.replaceChildren(bars(rows()));
      const off = split(state.off).size, hidden = split(state.hide).size;
      note.textContent = off || hidden ? `${off} ${off === 1 ? 'head' : 'heads'} off, ${hidden} ${hidden === 1 ? 'token' : 'tokens'} hidden.` : 'Nothing is taken away yet: these are the model’s own answers.';
      app.say(note.textContent + ' ' + rows().slice(0, 2).map(row => `${row.name} ${row.note}`).join('; '));
    };
    return { ready: compute(), update: changed => changed.some(name => ['off', 'hide', 'kind'].includes(name)) ? compute() : undefined,
      table: () => ({ header: ['says', 'before', 'after'], rows: after ? rows().map(row => [row.name, row.before, row.after]) : [] }), picture: palette => barsPicture(`With ${split(state.off).size} heads off and ${split(state.hide).size} tokens hidden`, rows(), palette) };
  },
};
