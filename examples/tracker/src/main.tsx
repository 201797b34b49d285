import { createRoot } from 'react-dom/client'
import { SplitView } from './ui/split-view.js'
import './ui/styles.css'

const root = createRoot(document.getElementById('root')!)
const frames = Number(new URLSearchParams(location.search).get('split') ?? 0)

if (frames > 0) {
  root.render(<SplitView frames={Math.min(frames, 6)} />)
} else {
  // A page that only holds frames opens no daybook.
  const { Tracker } = await import('./tracker.js')
  root.render(<Tracker />)
}
