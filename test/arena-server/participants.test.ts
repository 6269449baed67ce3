import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { Client, freshFolder, REGISTRATION, testArena } from './arena-client.js';

describe('participants', () => {
  it('come back with their passphrase from another browser, and sign out', async () => {
    const arena = await testArena();
    const client = new Client(arena);
    const passphrase = await client.register();
    const battle = await client.battle();
    const other = new Client(arena);
    await other.start();
    const reply = await other.post('/api/return', { passphrase: passphrase.toUpperCase().replaceAll('-', ' ') });
    other.csrf = reply.json.csrf;
    expect((await other.start()).json).toMatchObject({ participant: { banned: false, consented: true }, battle });
    expect((await other.get(`/api/battles/${battle}`)).status).toBe(200);
    await other.post('/api/leave');
    expect((await other.get(`/api/battles/${battle}`)).status).toBe(401);
    expect((await client.get(`/api/battles/${battle}`)).status).toBe(200);
    await arena.close();
  });

  it('by invitation: each code of the list lets one in', async () => {
    const arena = await testArena({ over: { registration: 'invitation', invitations: ['kode-bat-1234', 'kode-bi-5678'] } });
    const client = new Client(arena);
    expect((await client.start()).json.invitationNeeded).toBe(true);
    expect((await client.post('/api/register', { ...REGISTRATION, invitation: 'asmatua-0000' })).json.error).toBe('wrong-invitation');
    expect((await client.post('/api/register', REGISTRATION)).json.error).toBe('wrong-invitation');
    await client.register({ invitation: 'Kode Bat 1234' });
    const second = new Client(arena);
    await second.start();
    expect((await second.post('/api/register', { ...REGISTRATION, invitation: 'kode-bat-1234' })).json.error).toBe('wrong-invitation');
    await second.register({ invitation: 'kode-bi-5678' });
    await arena.close();
  });

  it('are asked again when the texts have a new version, and what they agreed to is noted', async () => {
    const database = path.join(freshFolder(), 'arena.db');
    const arena = await testArena({ database });
    const client = new Client(arena);
    await client.start();
    expect((await client.post('/api/register', { ...REGISTRATION, consent: false })).status).toBe(400);
    expect((await client.post('/api/register', { ...REGISTRATION, privacyVersion: '0' })).json.error).toBe('consent-needed');
    await client.register({ shareTexts: false });
    await arena.close();
    // The arena starts again with a new notice.
    const later = await testArena({ database, over: { privacy: { version: '2', eu: 'a', es: 'b', en: 'c' } } });
    const back = new Client(later);
    for (const [name, value] of client.cookies) back.cookies.set(name, value);
    expect((await back.start()).json.participant.consented).toBe(false);
    expect((await back.prompt('kaixo')).json.error).toBe('consent-needed');
    const again = { consent: true, shareTexts: true, privacyVersion: '1', guidelinesVersion: '1' };
    // A page that was open since before shows the old notice.
    expect((await back.post('/api/consent', again)).json.error).toBe('consent-needed');
    expect((await back.post('/api/consent', { ...again, privacyVersion: '2' })).status).toBe(200);
    expect(await later.db.all('select consent_version, share_texts from participants')).toEqual([{ consent_version: '2', share_texts: 1 }]);
    expect((await back.prompt('kaixo')).status).toBe(201);
    await later.close();
  });

  it('give texts to the export only where they allowed it; pseudonyms lead nowhere', async () => {
    const arena = await testArena();
    for (const shareTexts of [true, false]) {
      const client = new Client(arena);
      await client.register({ shareTexts });
      await client.vote(await client.battle(shareTexts ? 'argitaratu' : 'isilpekoa'), { content: 'a', language: 'b', whole: 'tie' });
    }
    const moderator = new Client(arena);
    await moderator.moderator();
    const { text } = await moderator.get('/api/moderator/battles.jsonl');
    const lines: Record<string, unknown>[] = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(Object.keys(lines[0] ?? {})).toEqual(
      'id username user_language user_education timestamp model_a model_b conv_a conv_b winner winner_content winner_language'.split(' '),
    );
    expect(text).toContain('argitaratu');
    expect(text).not.toContain('isilpekoa');
    expect(lines.map((l) => [l.winner, l.winner_content, l.winner_language])).toEqual([
      ['tie', 'model_a', 'model_b'],
      ['tie', 'model_a', 'model_b'],
    ]);
    const ids = await arena.db.all('select id from participants');
    for (const { id } of ids) expect(text).not.toContain(id);
    await arena.close();
  });

  it('see the page in the language that they chose, else the one of before, else the first that their browser asks for', async () => {
    const arena = await testArena();
    const client = new Client(arena);
    const language = async (query: string, wishes: string): Promise<string> =>
      (await client.send('GET', `/api/start${query}`, undefined, { 'accept-language': wishes })).json.language;
    const wished = ['es-ES,es;q=0.9,en;q=0.8', 'fr,en;q=0.5,eu;q=0.7', 'fr', '', 'en;q=0,es;q=0.1'];
    expect(await Promise.all(wished.map((wishes) => language('', wishes)))).toEqual(['es', 'eu', 'eu', 'eu', 'es']);
    expect(await language('?lang=en', 'es')).toBe('en');
    expect(await language('?lang=fr', 'es')).toBe('en');
    expect(await language('', 'es')).toBe('en');
    await arena.close();
  });
});
