// What stands in place of a view that the loaded model cannot have.
import { h, percent } from './elements.js';
import * as server from './server.js';

/** Says why, and offers a model that can: one that is here, else to train the small ones. */
export function offer(app, why, name) {
  const box = h('div', { class: 'empty' }, h('p', {}, why));
  const open = () => { app.state.model = name; app.state.kind = ''; app.look(); };
  if (app.models.includes(name)) {
    box.append(h('button', { type: 'button', class: 'primary', onclick: open }, `Open ${name}`));
    return box;
  }
  const button = h('button', { type: 'button', class: 'primary' }, 'Train the small models (a few minutes)'), note = h('p', { role: 'status' }), bar = h('progress', { max: 1, hidden: true });
  const follow = async () => {
    try {
      const { state, message, share } = await server.json('preparation', {});
      note.textContent = message + (state === 'running' ? ` ${percent(share)}` : '');
      bar.hidden = state !== 'running';
      bar.value = share;
      button.hidden = state === 'running';
      if (state === 'running') return void setTimeout(() => box.isConnected && follow(), 1000);
      const models = (await server.json('models', {})).models;
      if (models.includes(name)) {
        app.models = models;
        document.getElementById('model').replaceChildren(...models.map(one => h('option', { value: one }, one)));
        open();
      }
    } catch (failure) { app.problem(failure); }
  };
  button.onclick = async () => { button.hidden = true; try { await server.post('preparation', {}); follow(); } catch (failure) { app.problem(failure); } };
  box.append(h('p', {}, `A small model that can is trained once and kept. In the terminal: heed explore --prepare`), button, bar, note);
  server.json('preparation', {}).then(({ state }) => { if (state === 'running') follow(); }).catch(() => {});
  return box;
}
