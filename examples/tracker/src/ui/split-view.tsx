/** Several tabs side by side: each frame is a context of its own, with its own worker, as a tab is. */

import { useState } from 'react'

export function SplitView({ frames: initial }: { frames: number }) {
  const [frames, setFrames] = useState(() => Array.from({ length: initial }, (_, at) => at))
  return (
    <div className="split">
      {frames.map((frame) => (
        <div key={frame} className="frame">
          <iframe title={`Tab ${frame + 1}`} src={location.pathname} />
          <button
            type="button"
            className="frame-close"
            onClick={() => setFrames(frames.filter((each) => each !== frame))}
          >
            Close this tab
          </button>
        </div>
      ))}
      <button
        type="button"
        className="frame-add"
        onClick={() => setFrames([...frames, Math.max(-1, ...frames) + 1])}
      >
        Add a tab
      </button>
    </div>
  )
}
