import { applyTheme, readTheme } from '../shared/components/theme.ts';
import './sg-portal-app.ts';

applyTheme(readTheme());
