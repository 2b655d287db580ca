import type { JsonObject } from '../json.ts';

/**
 * The settings of a new call. On the real service they come from the call type and an account may choose any; here
 * microphone, camera, DTX and RED are on, so that a client which cannot do with them must say so.
 */
export function defaultCallSettings(): JsonObject {
  return {
    audio: {
      access_request_enabled: false,
      default_device: 'speaker',
      hifi_audio_enabled: false,
      mic_default_on: true,
      opus_dtx_enabled: true,
      redundant_coding_enabled: true,
      speaker_default_on: true,
    },
    video: {
      access_request_enabled: false,
      camera_default_on: true,
      camera_facing: 'front',
      enabled: true,
      target_resolution: { width: 1280, height: 720, bitrate: 1_500_000 },
    },
    backstage: { enabled: false },
    broadcasting: {
      enabled: false,
      hls: { auto_on: false, enabled: false, quality_tracks: [] },
      rtmp: { enabled: false, quality: '' },
    },
    encryption: { enabled: false },
    frame_recording: { capture_interval_in_seconds: 5, mode: 'disabled' },
    geofencing: { names: [] },
    individual_recording: { mode: 'disabled' },
    limits: { max_participants_exclude_roles: [] },
    raw_recording: { mode: 'disabled' },
    recording: { audio_only: false, mode: 'disabled', quality: '' },
    ring: {
      auto_cancel_timeout_ms: 30_000,
      incoming_call_timeout_ms: 30_000,
      missed_call_timeout_ms: 30_000,
    },
    screensharing: { access_request_enabled: false, enabled: false },
    session: { inactivity_timeout_seconds: 30 },
    thumbnails: { enabled: false },
    transcription: { closed_caption_mode: 'disabled', language: 'auto', mode: 'disabled' },
  };
}
