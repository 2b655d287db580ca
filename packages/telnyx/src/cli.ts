#!/usr/bin/env node
import { existsSync } from 'node:fs';
import { runSetupProcess } from '@phone-agents/core/setup';
import { telnyxSetup } from './setup/telnyx-setup.ts';

// The server's own settings, where this is run in its folder.
if (existsSync('.env')) process.loadEnvFile('.env');
void runSetupProcess(telnyxSetup);
