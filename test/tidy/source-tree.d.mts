export declare const ROOT: string;
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}
export declare function filesUnder(folder: string, extension: string): SourceFile[];
export declare function withoutComments(text: string): string;
export declare function importsOf(file: SourceFile): string[];
export declare function exists(path: string): boolean;
