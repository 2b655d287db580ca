#!/usr/bin/env node
import { runSetupProcess } from '@phone-agents/core/setup';
import { twilioSetup } from './setup/twilio-setup.ts';

void runSetupProcess(twilioSetup);
