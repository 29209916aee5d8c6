// The entry: applies this browser's choices, asks who is signed in, draws the shell.

import { mount } from "svelte";
import { language } from "./lib/i18n/index.svelte";
import { preferences } from "./lib/preferences.svelte";
import { session } from "./lib/session.svelte";
import App from "./shell/App.svelte";
import "./ui/base.css";

document.documentElement.lang = language.current;
preferences.apply();
void session.load();

const target = document.getElementById("app");
if (target) mount(App, { target });
