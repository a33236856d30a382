import { applyTheme, readTheme } from '../shared/components/theme.ts';
import './sg-edge-app.ts';

applyTheme(readTheme());
