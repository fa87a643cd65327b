/** A dialog over the page, with a heading and a way out by Escape. */
import type { ReactNode } from 'react';
import { Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components';

interface Props {
  title: string;
  onClose: () => void;
  children: ReactNode;
}

export function Overlay({ title, onClose, children }: Props) {
  return (
    <ModalOverlay
      isOpen
      isDismissable
      onOpenChange={(open) => open || onClose()}
      className="fixed inset-0 z-50 flex items-start justify-center overflow-y-auto bg-[rgb(10_16_26/0.6)] p-4 sm:items-center"
    >
      <Modal className="w-full max-w-lg rounded-2xl border border-stroke bg-surface shadow-lift-high">
        <Dialog className="max-h-[calc(100dvh-3rem)] overflow-y-auto p-5 outline-none sm:p-6">
          <Heading slot="title" className="text-xl font-semibold">
            {title}
          </Heading>
          {children}
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
