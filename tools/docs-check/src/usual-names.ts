/** Names that snippets may use without saying where they come from, and their types. */
export const usualNames: ReadonlyMap<string, string> = new Map(
  Object.entries({
    agent: "import('@phone-agents/agent').VoiceAgent",
    answer: "import('@phone-agents/core').PhoneAnswer",
    call: "import('@phone-agents/core').PhoneCall",
    carrier: "import('@phone-agents/simulator').TwilioCarrier",
    edge: "import('@phone-agents/core').EdgeTransport",
    edgeCall: "import('@phone-agents/core').EdgeCall",
    greeting: 'string',
    instructions: 'string',
    knowledge: "import('@phone-agents/knowledge').KnowledgeBase",
    logger: "import('@phone-agents/core').Logger",
    media: "import('@phone-agents/core').PhoneMediaStream",
    myTools: "import('ai').ToolSet",
    model: "import('ai').LanguageModel",
    phone: "import('@phone-agents/core').Phone",
    provider: "import('@phone-agents/core').TelephonyProvider",
    publicUrl: 'string',
    responder: "import('@phone-agents/agent').Responder",
    retriever: "import('@phone-agents/knowledge').KnowledgeRetriever",
    session: "import('@phone-agents/agent').AgentSession",
    signal: 'AbortSignal',
    stt: "import('@phone-agents/agent').SpeechToText",
    tts: "import('@phone-agents/agent').TextToSpeech",
    vad: "import('@phone-agents/agent').VoiceActivityDetector",
    webhookUrl: 'string',
  }),
);

/** Modules that users choose and install themselves, and that are not installed here. */
export const usersModules = `
declare module '@ai-sdk/openai' {
  export const openai: (model: string) => import('ai').LanguageModel;
}
declare module '@ai-sdk/anthropic' {
  export const anthropic: (model: string) => import('ai').LanguageModel;
}
`;
