import { mount } from 'svelte';
import App from './App.svelte';
import './app.css';
import { language } from './words/language.svelte';

void language.begin().then(() => {
  mount(App, { target: document.getElementById('app') as HTMLElement });
});
