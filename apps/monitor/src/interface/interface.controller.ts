import { Controller, Get, Header, Inject } from '@nestjs/common';
import { InterfaceDocuments } from './interface-documents.js';

/** The interface, described for programs. */
@Controller()
export class InterfaceController {
  constructor(@Inject(InterfaceDocuments) private readonly documents: InterfaceDocuments) {}

  @Get('openapi.json')
  @Header('content-type', 'application/json; charset=utf-8')
  openApi(): string {
    return this.documents.openApi;
  }

  @Get('asyncapi.yaml')
  @Header('content-type', 'application/yaml; charset=utf-8')
  asyncApi(): string {
    return this.documents.asyncApi;
  }
}
