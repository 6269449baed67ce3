import { describe, expect, it } from 'vitest';
import { battlesOf } from '../../src/arena/battles.js';

const read = (text: string, question: 'global' | 'content' | 'language' = 'global') => battlesOf(text, 'b.csv', question);

describe('battles', () => {
  it('one row a battle and one row a pair are the same, whichever model comes first', () => {
    const single = read('model_a,model_b,winner\nx,y,model_a\ny,x,x\nx,y,tie\ny,x,a\nz,"x, the",B\n');
    const counts = read('model_a,model_b,wins_a,wins_b,ties,battles\ny,x,1,2,1,4\n"x, the",z,1,0,0,1\n');
    expect(single).toEqual(counts);
    expect(single.models).toEqual(['x', 'x, the', 'y', 'z']);
    expect(single.pairs).toContainEqual({ a: 0, b: 2, winsA: 2, winsB: 1, ties: 1 });
  });

  it('reads the votes of each question, and counts battles without one', () => {
    const text = 'model_a,model_b,winner,winner_content,winner_language\nx,y,model_a,model_b,tie\nx,y,tie,,x\n';
    expect(read(text).pairs).toEqual([{ a: 0, b: 1, winsA: 1, winsB: 0, ties: 1 }]);
    expect(read(text, 'content')).toMatchObject({ skipped: 1, pairs: [{ winsA: 0, winsB: 1, ties: 0 }] });
    expect(read(text, 'language').pairs).toEqual([{ a: 0, b: 1, winsA: 1, winsB: 0, ties: 1 }]);
    const counted = 'model_a,model_b,wins_a,wins_b,ties,wins_a_content,wins_b_content,ties_content\nx,y,1,2,3,4,5,6\n';
    expect(read(counted, 'content').pairs).toEqual([{ a: 0, b: 1, winsA: 4, winsB: 5, ties: 6 }]);
  });

  it.each([
    ['a,b\n1,2\n', 'expected the columns model_a,model_b'],
    ['model_a,model_b\nx,y\n', "no votes on the question 'global': expected the column winner"],
    ['model_a,model_b,winner\n', 'no battles'],
    ['model_a,model_b,winner\nx,y,model_a\nx,y,z\n', "line 3: winner 'z'; valid: model_a, model_b, tie"],
    ['model_a,model_b,winner\nx,x,tie\n', 'line 2: the model x is matched against itself'],
    ['model_a,model_b,winner\nx,,tie\n', 'line 2: a battle without two models'],
    ['model_a,model_b,wins_a,wins_b,ties\nx,y,1,-2,0\n', "line 2: '-2' is not a valid number of battles"],
    ['model_a,model_b,wins_a,wins_b,ties,battles\nx,y,1,2,0,4\n', 'line 2: battles is 4, but wins and ties make 3'],
    ['model_a,model_b,winner\n"x,y,tie\n', 'no valid CSV'],
  ])('%j is refused', (text, message) => {
    expect(() => read(text)).toThrow(message);
  });

  it('says which columns a question needs', () => {
    expect(() => read('model_a,model_b,winner\nx,y,tie\n', 'content')).toThrow('expected the column winner_content');
  });
});
