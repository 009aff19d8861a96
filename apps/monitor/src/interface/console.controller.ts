import { readFileSync } from 'node:fs';
import { Controller, Get, Header, Req } from '@nestjs/common';
import type { Request } from 'express';

const asset = (name: string): string => readFileSync(new URL(`../../public/${name}`, import.meta.url), 'utf8');

const SCRIPTS = ['console.js', 'elements.js', 'run-page.js', 'runs-page.js', 'session.js'];

/** What the page is made of: there is no data in it, and it asks for a token where one is needed. */
export const CONSOLE_PATHS = ['/', '/console.css', ...SCRIPTS.map((name) => `/${name}`)];

/** A page of its own: no build step, nothing from elsewhere, script and style by path as the content security policy wants. */
@Controller()
export class ConsoleController {
  private readonly page = asset('index.html');
  private readonly scripts = new Map(SCRIPTS.map((name) => [name, asset(name)]));
  private readonly look = asset('console.css');

  @Get()
  @Header('content-type', 'text/html; charset=utf-8')
  index(): string {
    return this.page;
  }

  @Get(SCRIPTS)
  @Header('content-type', 'text/javascript; charset=utf-8')
  script(@Req() { path }: Request): string | undefined {
    return this.scripts.get(path.slice(1));
  }

  @Get('console.css')
  @Header('content-type', 'text/css; charset=utf-8')
  style(): string {
    return this.look;
  }
}
