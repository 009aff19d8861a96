import { readFileSync } from 'node:fs';
import { Controller, Get, Header } from '@nestjs/common';

const asset = (name: string): string => readFileSync(new URL(`../../public/${name}`, import.meta.url), 'utf8');

/** What the page is made of: there is no data in it, and it asks for a token where one is needed. */
export const CONSOLE_PATHS = ['/', '/console.js', '/session.js', '/console.css'];

/** A page of its own: no build step, nothing from elsewhere, script and style by path as the content security policy wants. */
@Controller()
export class ConsoleController {
  private readonly page = asset('index.html');
  private readonly code = asset('console.js');
  private readonly session = asset('session.js');
  private readonly look = asset('console.css');

  @Get()
  @Header('content-type', 'text/html; charset=utf-8')
  index(): string {
    return this.page;
  }

  @Get('console.js')
  @Header('content-type', 'text/javascript; charset=utf-8')
  script(): string {
    return this.code;
  }

  @Get('session.js')
  @Header('content-type', 'text/javascript; charset=utf-8')
  asking(): string {
    return this.session;
  }

  @Get('console.css')
  @Header('content-type', 'text/css; charset=utf-8')
  style(): string {
    return this.look;
  }
}
