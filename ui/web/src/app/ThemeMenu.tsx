/** The switch between light, dark and high contrast. */
import { Button, Menu, MenuItem, MenuTrigger, Popover } from 'react-aria-components';
import { chooseTheme, useTheme, type Theme } from './theme';

const WORD: Record<Theme, string> = {
  system: 'Same as my device',
  light: 'Light',
  dark: 'Dark',
  contrast: 'High contrast',
};

export function ThemeMenu() {
  const theme = useTheme();
  return (
    <MenuTrigger>
      <Button className="button" data-quiet aria-label={`Colours: ${WORD[theme]}`}>
        <svg viewBox="0 0 20 20" className="size-5" aria-hidden="true" focusable="false">
          <circle cx="10" cy="10" r="7" fill="none" stroke="currentColor" strokeWidth="1.8" />
          <path d="M10 3a7 7 0 0 1 0 14z" fill="currentColor" />
        </svg>
      </Button>
      <Popover className="popover" placement="bottom end">
        <Menu
          className="outline-none"
          selectionMode="single"
          selectedKeys={[theme]}
          aria-label="Colours"
          onAction={(key) => chooseTheme(key as Theme)}
        >
          {Object.entries(WORD).map(([key, word]) => (
            <MenuItem key={key} id={key} textValue={word} className="option text-sm">
              {({ isSelected }) => (
                <>
                  <span aria-hidden="true" className="w-4">
                    {isSelected ? '✓' : ''}
                  </span>
                  {word}
                </>
              )}
            </MenuItem>
          ))}
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}
