#!/usr/bin/env node
import { runSetupProcess } from '@phone-agents/core/setup';
import { telnyxSetup } from './setup/telnyx-setup.ts';

void runSetupProcess(telnyxSetup);
